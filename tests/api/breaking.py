"""What a new OpenAPI document breaks for the clients of an old one.

Written here because nothing that installs from PyPI or npm does it for OpenAPI 3.1: jsoncompat (which guards the
events) overlooks patterns and formats and does not say where; api-smart-diff finds breaks in a document and itself.
"""

from collections.abc import Iterator
from typing import Any

from tests.api.schemas import Direction, Schemas

Json = dict[str, Any]
_METHODS = ("get", "put", "post", "patch", "delete")
_BODY = "application/json"


def breaking(old: Json, new: Json) -> list[str]:
    """Return one line for everything that a client of `old` can run into with `new`; empty: the change only adds."""
    return sorted(set(_operations(old, new)))


def _operations(old: Json, new: Json) -> Iterator[str]:
    schemas = Schemas(old, new)
    for path, operations in old["paths"].items():
        for method in _METHODS:
            if method not in operations:
                continue
            name, before = operations[method]["operationId"], operations[method]
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{name}: {method.upper()} {path} is gone"
                continue
            if after["operationId"] != name:
                yield f"{name}: is called {after['operationId']} now"
            for found in (*_parameters(schemas, before, after), *_body(schemas, before, after)):
                yield f"{name}: {found}"
            for found in (*_answers(schemas, before, after), *_security(before, after)):
                yield f"{name}: {found}"


def _parameters(schemas: Schemas, before: Json, after: Json) -> Iterator[str]:
    old = {(each["in"], each["name"]): each for each in before.get("parameters", ())}
    new = {(each["in"], each["name"]): each for each in after.get("parameters", ())}
    for key, parameter in old.items():
        if key not in new:
            yield f"{key[0]} parameter {key[1]} is gone"
        else:
            yield from schemas.compare(parameter["schema"], new[key]["schema"], Direction.REQUEST, f"{key[0]} {key[1]}")
    for key, parameter in new.items():
        if parameter.get("required") and not old.get(key, {}).get("required"):
            yield f"{key[0]} parameter {key[1]} is required now"


def _body(schemas: Schemas, before: Json, after: Json) -> Iterator[str]:
    old, new = before.get("requestBody"), after.get("requestBody")
    if new is None:
        if old is not None:
            yield "the request has no body any more"
    elif old is None:
        if new.get("required"):
            yield "the request needs a body now"
    else:
        yield from _contents(schemas, old, new, Direction.REQUEST, "request")


def _answers(schemas: Schemas, before: Json, after: Json) -> Iterator[str]:
    for status, old in before["responses"].items():
        new = after["responses"].get(status)
        if new is None:
            yield f"{status} is answered no more"
            continue
        yield from _contents(schemas, old, new, Direction.ANSWER, status)
        for header in sorted(old.get("headers", {}).keys() - new.get("headers", {}).keys()):
            yield f"{status} has no header {header} any more"


def _contents(schemas: Schemas, old: Json, new: Json, direction: Direction, place: str) -> Iterator[str]:
    for media_type, content in old.get("content", {}).items():
        other = new.get("content", {}).get(media_type)
        if other is None:
            yield f"{place} is no longer {media_type}"
        elif "schema" in content and "schema" in other:
            yield from schemas.compare(content["schema"], other["schema"], direction, place)


def _security(before: Json, after: Json) -> Iterator[str]:
    for way in before.get("security", ()):
        if way not in after.get("security", ()):
            yield f"security {', '.join(way)} is not enough any more"
