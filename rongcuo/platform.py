"""The one-process shape: all applications behind one port, all workers beside them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from asyncpg import InsufficientPrivilegeError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from rongcuo.asyncapi.routes import asyncapi_routes
from rongcuo.programs import PROGRAMS
from shared.database.databases import Databases
from shared.database.migrate import migrate
from shared.database.provision import provision
from shared.database.revisions import NewerTables
from shared.database.schema import DatabaseRefused, await_server
from shared.hosting.installation import VERSION, Installation
from shared.hosting.worker import Worker
from shared.messaging.acls import Acl, Changes, apply_acls
from shared.messaging.brokers import await_brokers
from shared.messaging.erasure_topic import ERASURES
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import ensure_topics
from shared.web.app import create_app
from shared.web.operations import readiness
from shared.web.resources import Check, Resources


async def prepare(installation: Installation) -> None:
    """Make databases and (with Kafka) topics, as far as they are missing."""
    own = installation.settings.dsn is None  # nobody else gives passwords on a server of our own
    await prepare_databases(installation.databases, installation.settings.start_s, reset_passwords=own)
    if installation.kafka:
        await prepare_topics(installation.kafka, installation.settings.start_s)


async def prepare_databases(databases: Databases, patience_s: float, *, reset_passwords: bool = False) -> None:
    """Make roles, databases and tables, as far as they are missing; a server that is starting is waited for.

    With `reset_passwords` roles that are there get the passwords that follow from the role secret. Raises
    DatabaseRefused, also for tables on which this build may not run and for an administrator who may not do this.
    """
    await await_server(databases.admin(), patience_s)
    try:
        await provision(databases, reset_passwords=reset_passwords)
        await migrate(databases)
    except InsufficientPrivilegeError as error:
        raise DatabaseRefused(f"migrate: {error}: RONGCUO_DSN has to be of a role that may do this") from None
    except NewerTables as error:
        raise DatabaseRefused(str(error)) from None


async def prepare_topics(kafka: KafkaSettings, patience_s: float) -> None:
    """Make the topics of logs and erasures, or check those that are there; brokers that are starting are waited for."""
    await await_brokers(kafka, patience_s)
    await ensure_topics(kafka, [*PROGRAMS, ERASURES])


async def prepare_acls(kafka: KafkaSettings, wanted: set[Acl], patience_s: float) -> Changes:
    """Make the rights at the brokers those that are wanted; brokers that are starting are waited for."""
    await await_brokers(kafka, patience_s)
    return await apply_acls(kafka, wanted)


def application(installation: Installation, names: Sequence[str], running: Sequence[Worker]) -> Starlette:
    """Return the HTTP applications of services behind one port: the first path segment chooses.

    /readyz speaks for all of them and for the workers `running` beside them; what belongs to no service (/problems,
    /healthz) the first one answers.
    """
    apps = {name: create_app(PROGRAMS[name].describe(installation)) for name in names}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with installation.verifier.current(), AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def readyz(_: Request) -> Response:
        checks: dict[str, Check] = {f"worker.{worker.name}": worker.healthy for worker in running}
        for name, app in apps.items():
            held: Resources = app.state.resources
            checks |= {f"{name}.{part}": check for part, check in held.checks.items()}
        return await readiness(checks)

    async def version(_: Request) -> Response:
        return JSONResponse({"service": ",".join(names), "version": VERSION, "api": "v1"})

    own = [Route("/readyz", readyz), Route("/version", version), *asyncapi_routes()]
    return _Platform(apps, routes=own, lifespan=lifespan)


class _Platform(Starlette):
    """What speaks for all services; any other request goes straight to the service that its path begins with."""

    def __init__(self, apps: Mapping[str, ASGIApp], **options: Any) -> None:
        super().__init__(**options)
        self._apps = apps
        self._first = next(iter(apps.values()))
        self._own = {route.path for route in self.routes if isinstance(route, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._own:
            await super().__call__(scope, receive, send)
            return
        name = scope["path"].lstrip("/").partition("/")[0]
        await self._apps.get(name, self._first)(scope, receive, send)


@asynccontextmanager
async def workers(installation: Installation, names: Sequence[str]) -> AsyncIterator[list[Worker]]:
    """Open the workers of the services named."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(PROGRAMS[name].worker(installation)) for name in names]
