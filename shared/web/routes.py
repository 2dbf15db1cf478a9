"""Routes that guard themselves: caller, query, content type, size and JSON are judged before anything else runs."""

import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, get_args

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.authz.policy_engine import policies
from shared.kernel.deprecation import Deprecation
from shared.web.authentication import SCHEME, Guard
from shared.web.command_routes import Handler, bound
from shared.web.deprecation import deprecation_of, headers_of
from shared.web.problems import Problem, Wrong
from shared.web.recording import Recording
from shared.web.strict_json import FORBIDDEN, FORBIDDEN_HERE, parse_strict

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NO_INTEGER = ("value-invalid", "应为整数，只用数字书写", "An integer, written with digits only, stands here")
MAX_BODY_BYTES = 1024 * 1024


class UnguardedRoute(Exception):
    """A route under /v1 does not declare who may call it (`permitted` or `commanded`)."""


class StrictRequest(Request):
    """A request whose body is bounded and whose JSON is strict; FastAPI and the commands read it through here."""

    async def body(self) -> bytes:
        """Return the body; raises Problem `body-too-large` above 1 MiB."""
        if not hasattr(self, "_body"):
            self._body = await self._read()
        return self._body

    async def _read(self) -> bytes:
        chunks, size = [], _declared_size(self)
        if size <= MAX_BODY_BYTES:
            size = 0
            async for chunk in self.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BODY_BYTES:
                    break
        if size > MAX_BODY_BYTES:
            raise Problem("body-too-large", headers={"Connection": "close"})
        return b"".join(chunks)

    async def json(self) -> Any:
        """Return the parsed body; raises Problem."""
        return parse_strict(await self.body())


class GuardedRoute(APIRoute):
    """A route that admits its caller before anything of the request is read.

    `command` is the whole handler if this is the route of a command, else None; `action` is what the policies call it.
    """

    command: Handler | None = None
    action: str

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the guard; raises UnguardedRoute when nobody is declared."""
        handle: Handler = super().get_route_handler()
        dependants = list(_flat(self.dependant))
        guard = next((dependant.call for dependant in dependants if isinstance(dependant.call, Guard)), None)
        if guard is None:
            raise UnguardedRoute(f"{self.methods} {self.path}")
        action = guard.action or self.name
        if not policies().knows(action):
            raise UnguardedRoute(f"{self.methods} {self.path}: no policy schema knows the action {action}")
        self.action = action
        deprecation = deprecation_of(self.endpoint)
        told = [] if deprecation is None else headers_of(deprecation)
        self.deprecated = deprecation is not None or self.deprecated
        self.openapi_extra = {**(self.openapi_extra or {}), **_told(guard, deprecation)}
        known = {name for dependant in dependants for name in _query_names(dependant)}
        known |= {parameter["name"] for parameter in guard.parameters if parameter["in"] == "query"}
        integers = {name for dependant in dependants for name in _integer_names(dependant)}
        takes_body = self.body_field is not None
        if guard.commands:
            handle = bound(self)

        recording = Recording(self.name, self.path, content="GET" in (self.methods or ()))

        async def guarded(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            strict.scope["state"]["told"] = [*told]
            access, refusal = await guard.identify(strict, action)
            strict.state.access = access

            async def answered() -> Response:
                guard.admit(access, refusal)
                if strict.scope["query_string"]:
                    _check_query(strict, known, integers)
                if takes_body:
                    _check_content_type(strict)
                return await handle(strict)

            return await recording.answer(strict, access, answered)

        self.command = guarded if guard.commands else None
        return guarded


def router(*tags: str) -> APIRouter:
    """Return a router for a service's routes, with paths relative to /<service>/v1."""
    return APIRouter(route_class=GuardedRoute, tags=list(tags))


def _told(guard: Guard, deprecation: Deprecation | None) -> dict[str, Any]:
    """Return what guard and deprecation add to the operation's description."""
    told: dict[str, Any] = {"security": [{SCHEME: []}]}
    if deprecation is not None:
        told |= {"x-deprecated-since": deprecation.since.isoformat(), "x-sunset": deprecation.sunset.isoformat()}
    if guard.parameters:
        told["parameters"] = [dict(parameter) for parameter in guard.parameters]
    return told


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for part in dependant.dependencies:
        yield from _flat(part)


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from (field.alias or name for name, field in annotation.model_fields.items())
        else:
            yield parameter.alias


def _integer_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        if int in (parameter.field_info.annotation, *get_args(parameter.field_info.annotation)):
            yield parameter.alias


def _declared_size(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def _check_query(request: Request, known: set[str], integers: set[str]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if set(names) - known:
        raise Problem("query-parameter-unknown")
    if len(names) != len(set(names)):
        raise Problem("query-parameter-repeated")
    for name, text in request.query_params.items():
        if FORBIDDEN.search(text):
            raise Problem("query-parameter-invalid", errors=[Wrong(f"?{name}", *FORBIDDEN_HERE)])
        if name in integers and not _INTEGER.fullmatch(text):
            raise Problem("query-parameter-invalid", errors=[Wrong(f"?{name}", *_NO_INTEGER)])


def _check_content_type(request: Request) -> None:
    """Without a body there is nothing to refuse; its absence is then judged by the model."""
    headers = request.headers
    if "content-type" not in headers and "transfer-encoding" not in headers and not _declared_size(request):
        return
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if media_type.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Problem("content-type-unsupported")
