"""Composes the HTTP application of one service; what every service does the same is put together here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware import Middleware
from fastapi.responses import JSONResponse
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from shared.kernel.decider import Decider
from shared.web.access_records import access_records
from shared.web.capabilities import capabilities
from shared.web.command_routes import Commands, Handler
from shared.web.deprecation import event_notices
from shared.web.docs import docs_routes
from shared.web.event_stream import stream
from shared.web.event_types import event_types
from shared.web.feed import feed
from shared.web.handlers import install
from shared.web.known_values import Codes, known_values
from shared.web.listed import CHANGES
from shared.web.openapi import Described, document
from shared.web.openapi.words import Words
from shared.web.operations import operations_routes
from shared.web.problem_pages import problem_routes
from shared.web.resources import Resources
from shared.web.routes import GuardedRoute, UnguardedRoute
from shared.web.shell import Shell


@dataclass(frozen=True)
class Service:
    """What is specific to one service at the HTTP edge.

    `name` is the first path segment; `title` (Chinese) heads the documentation; `routers` come from
    `shared.web.routes.router` with paths relative to /<name>/v1; `aggregates` are published at /event-types;
    `resources` opens what the running service needs; `words` are those of its OpenAPI document, `codes` the
    values of codes that no event lists.
    """

    name: str
    title: str
    version: str
    routers: Sequence[APIRouter]
    aggregates: Sequence[Decider[Any]]
    resources: Callable[[], AbstractAsyncContextManager[Resources]]
    description: str = ""
    words: Words = field(default_factory=Words)
    codes: Codes = field(default_factory=dict)


def create_app(service: Service) -> FastAPI:
    """Return the application; its resources are open while its lifespan lasts.

    Raises UnguardedRoute for a route that does not say who may call it, ValueError for two operations of one name.
    """
    prefix = f"/{service.name}/v1"
    guarded = guarded_routers(service)
    opened = [
        operations_routes(service.name, service.version),
        problem_routes(service.name),
        docs_routes(service.name, service.title),
    ]
    _check(guarded)
    app = _Application(
        title=service.title,
        version=service.version,
        description=service.description,
        lifespan=_lifespan(service),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(Shell)],
    )
    for router in guarded:
        app.include_router(router, prefix=prefix)
    for router in opened:
        app.include_router(router)
    app.state.event_notices = event_notices(f"{prefix}/event-types", service.aggregates)
    described = Described(_by_name(guarded), service.aggregates, service.codes, service.words)
    app.add_api_route(f"/{service.name}/openapi.json", _openapi(app, described), include_in_schema=False)
    app.commands = Commands(_commands(prefix, guarded), app.exception_handlers, super(_Application, app).__call__)
    install(app, _allowed([("", app.router), *(("", router) for router in opened), *((prefix, r) for r in guarded)]))
    return app


def guarded_routers(service: Service) -> list[APIRouter]:
    """Return the routers below /<service>/v1: the service's own, and those that every service has."""
    shared = [stream, feed, event_types(service.aggregates), access_records]
    synced = [f"/{service.name}/v1{name}" for name in _paths(service.routers) if name.endswith(CHANGES)]
    known = known_values(service.aggregates, service.codes)
    return [*service.routers, *shared, capabilities(service.name, service.version, known, synced)]


class _Application(FastAPI):
    """FastAPI, with the commands taken out of its hands."""

    commands: Commands

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope["app"] = self
        await self.commands(scope, receive, send)


def _commands(prefix: str, routers: Sequence[APIRouter]) -> list[tuple[str, Handler]]:
    routes = [route for router in routers for route in router.routes if isinstance(route, GuardedRoute)]
    return [(prefix + route.path, route.command) for route in routes if route.command]


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.resources() as held, held.recorder:
            app.state.resources = held
            yield

    return lifespan


def _openapi(app: FastAPI, described: Described) -> Callable[[], Any]:
    def kept() -> dict[str, Any]:
        app.openapi_schema = app.openapi_schema or document(app, described)
        return app.openapi_schema

    async def openapi() -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(kept))  # the first time takes a second

    app.openapi = kept  # type: ignore[method-assign]
    return openapi


def _paths(routers: Sequence[APIRouter]) -> list[str]:
    return [route.path for router in routers for route in router.routes if isinstance(route, GuardedRoute)]


def _by_name(routers: Sequence[APIRouter]) -> dict[str, GuardedRoute]:
    return {route.name: route for router in routers for route in router.routes if isinstance(route, GuardedRoute)}


def _check(routers: Sequence[APIRouter]) -> None:
    names: set[str] = set()
    for route in (route for router in routers for route in router.routes):
        if not isinstance(route, GuardedRoute):
            raise UnguardedRoute(repr(route))
        if route.name in names:
            raise ValueError(f"two operations are named {route.name}")
        names.add(route.name)


def _allowed(mounted: Sequence[tuple[str, APIRouter]]) -> Callable[[str], set[str]]:
    """Return a function that tells which methods a path has."""
    table = [
        (compile_path(prefix + route.path)[0], set(route.methods or ()))
        for prefix, router in mounted
        for route in router.routes
        if hasattr(route, "path") and hasattr(route, "methods")
    ]

    def allowed(path: str) -> set[str]:
        methods = set().union(*(methods for pattern, methods in table if pattern.match(path)))
        return methods | ({"HEAD"} if "GET" in methods else set())

    return allowed
