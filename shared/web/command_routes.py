"""Commands go straight from the socket to their use case; FastAPI describes them, and serves everything else.

What FastAPI would do for a command in a dozen layers is done here in two steps: find the route, and give its function
what it asks for. The order in which a request is judged is the same (docs/http.md).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import signature
from typing import Any, get_type_hints

from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.problems import Problem
from shared.web.shell import Shell

Handler = Callable[[Request], Awaitable[Response]]
Answers = Mapping[Any, Callable[[Request, Any], Any]]


def bound(route: APIRoute) -> Handler:
    """Return what calls the function of a command's route with what its parameters ask for.

    These are ids of the path, one body, and dependencies that take the request only; raises TypeError otherwise.
    """
    hints = get_type_hints(route.endpoint, include_extras=True)
    hints.pop("return", None)
    ids = {name: TypeAdapter[Any](hints.pop(name)) for name in route.param_convertors}
    handed = {name: depends for name, hint in hints.items() if (depends := _dependency(hint))}
    bodies = {name: hint for name, hint in hints.items() if name not in handed}
    if len(bodies) > 1 or not all(isinstance(hint, type) and issubclass(hint, BaseModel) for hint in bodies.values()):
        raise TypeError(f"{route.path}: a command takes ids, one body and what is handed to it, not {list(bodies)}")
    return _binding(route.endpoint, ids, handed, bodies)


def _binding(
    endpoint: Callable[..., Awaitable[Response]],
    ids: Mapping[str, TypeAdapter[Any]],
    handed: Mapping[str, Handler],
    bodies: Mapping[str, type[BaseModel]],
) -> Handler:
    async def take(request: Request) -> Response:
        body = await request.json() if bodies and await request.body() else None
        values: dict[str, Any] = {name: await depends(request) for name, depends in handed.items()}
        for name, adapter in ids.items():
            values[name] = _id(adapter, request.path_params[name])
        for name, model in bodies.items():
            values[name] = _content(model, body)
        return await endpoint(**values)

    return take


def _dependency(hint: Any) -> Handler | None:
    found = [mark.dependency for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Depends)]
    if not found:
        return None
    if found[0] is None or len(signature(found[0]).parameters) != 1:
        raise TypeError(f"{found[0]} does not take the request alone")
    return found[0]


def _id(adapter: TypeAdapter[Any], text: str) -> Any:
    try:
        return adapter.validate_python(text)
    except ValidationError:
        raise Problem("not-found") from None


def _content(model: type[BaseModel], body: Any) -> BaseModel:
    if body is None:
        raise RequestValidationError([{"type": "missing", "loc": ("body",)}])
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        raise RequestValidationError(found, body=body) from None


class Commands:
    """ASGI application: the commands of a service, each behind its path; other requests go to `otherwise`."""

    def __init__(self, routes: Sequence[tuple[str, Handler]], answers: Answers, otherwise: ASGIApp) -> None:
        """Serve `routes` (path and handler); `answers` gives for a class of exceptions what answers it."""
        self._otherwise = otherwise
        self._answers = answers
        self._table = [
            (Route(path, handler, methods=["POST"]), Shell(self._serving(handler))) for path, handler in routes
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            for route, shell in self._table:
                if match := route.path_regex.match(scope["path"]):
                    found = {"route": route, "endpoint": route.endpoint, "path_params": match.groupdict()}
                    await shell({**scope, **found}, receive, send)
                    return
        await self._otherwise(scope, receive, send)

    def _serving(self, handler: Handler) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            try:
                response = await handler(request)
            except Exception as error:
                answer = next((self._answers[kind] for kind in type(error).__mro__ if kind in self._answers), None)
                if answer is None:
                    raise
                response = await answer(request, error)
            await response(scope, receive, send)

        return serve
