"""Which problems an operation can answer, read from the code that refuses, so that no list has to be kept.

What the edge refuses (`shared.web`, `shared.authz`) holds for every operation, or for those that `_WHEN` says, or, if
it stands beside something that routes depend on (a page, a command), for these routes. What a service refuses stands in
the code that its route runs.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.web.authentication import Guard
from shared.web.catalogue import catalogue
from shared.web.openapi.following import literals, texts

Operation = Mapping[str, Any]
_EDGE = ("shared.web", "shared.authz")


def _names(operation: Operation) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}


def _always(_: Operation) -> bool:
    return True


def _has(name: str) -> Callable[[Operation], bool]:
    return lambda operation: name in _names(operation)


def _has_in(place: str) -> Callable[[Operation], bool]:
    return lambda operation: any(parameter["in"] == place for parameter in operation.get("parameters", ()))


def _has_body(operation: Operation) -> bool:
    return "requestBody" in operation


def is_command(operation: Operation) -> bool:
    """Tell whether the operation is a command, which has an Idempotency-Key and can be a dry run."""
    return "Idempotency-Key" in _names(operation)


def _needs_version(operation: Operation) -> bool:
    return is_command(operation) and "201" not in operation["responses"]


def _creates(operation: Operation) -> bool:
    return is_command(operation) and "201" in operation["responses"]


def _discloses(operation: Operation) -> bool:
    return "/schemas/Disclosure'" in str(operation["responses"].get("200"))


_WHEN: Mapping[str, Callable[[Operation], bool]] = {
    **dict.fromkeys(("method-not-allowed", "request-malformed"), lambda _: False),
    **dict.fromkeys(
        ("json-malformed", "body-too-large", "content-type-unsupported", "content-invalid", "character-forbidden"),
        _has_body,
    ),
    **dict.fromkeys(("text-too-long", "content-too-large", "state-secret-refused"), _has_body),
    **dict.fromkeys(("id-taken", "not-permitted-here", "jurisdiction-not-permitted"), _creates),
    "subject-erased": lambda operation: _has_body(operation) or _discloses(operation),
    "text-unavailable": _discloses,
    **dict.fromkeys(("log-stopped", "idempotency-key-reused", "version-contended"), is_command),
    "not-found": _has_in("path"),
    "query-parameter-invalid": _has_in("query"),
    "header-invalid": _has_in("header"),
    "read-model-behind": _has("Rongcuo-Read-After"),
    "etag-stale": _has("If-Match"),
    "if-match-missing": _needs_version,
}


def refused(route: APIRoute, operation: Operation, particular: Collection[str]) -> list[str]:
    """Return the codes that the operation can answer, in the catalogue's order.

    `particular` are the modules whose codes concern only the routes that depend on them (`particular_modules`).
    """
    general = [name for name in _edge_modules() if name not in particular]
    edge = {code for name in (*general, *_dependencies(route.dependant)) for code in _standing_in(name)}
    told = {code for code in edge if _WHEN.get(code, _always)(operation)}
    told |= texts(route.endpoint) & catalogue().keys()
    return [code for code in catalogue() if code in told]


def particular_modules(routes: Iterable[APIRoute]) -> set[str]:
    """Return the modules of the routes' functions and of what these depend on."""
    found: set[str] = set()
    for route in routes:
        found |= {inspect.unwrap(route.endpoint).__module__, *_dependencies(route.dependant)}
    return found


def _dependencies(dependant: Dependant) -> Iterator[str]:
    """Yield the modules of everything that is asked for on the way to a route."""
    for part in dependant.dependencies:
        if isinstance(part.call, Guard):
            yield from ("shared.web.authentication", *["shared.web.commands"] * part.call.commands)
        elif part.call is not None:
            yield part.call.__module__
        yield from _dependencies(part)


@cache
def _edge_modules() -> tuple[str, ...]:
    return tuple(
        f"{package}.{module.name}"
        for package in _EDGE
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if not module.ispkg
    )


@cache
def _standing_in(name: str) -> frozenset[str]:
    return frozenset(literals(ast.parse(inspect.getsource(importlib.import_module(name))))) & catalogue().keys()
