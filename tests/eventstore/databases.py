"""One database with a log, cloned from a template, and the DSN of each role that uses it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from shared.eventstore.migration import log_statements

LOG = "intake"

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class LogDatabase:
    """Where a log is: `server` is the administrator's DSN, roles are `<roles>_owner`, `_app` and `_bus`."""

    server: str
    name: str
    roles: str

    @property
    def admin(self) -> str:
        return _dsn(self.server, self.name)

    @property
    def app(self) -> str:
        return _dsn(self.server, self.name, f"{self.roles}_app")

    @property
    def bus(self) -> str:
        return _dsn(self.server, self.name, f"{self.roles}_bus")

    @property
    def owner(self) -> str:
        return f"{self.roles}_owner"


@asynccontextmanager
async def template_database(server: str) -> AsyncIterator[LogDatabase]:
    """Make three roles and a database with an empty log, as a migration would."""
    unique = f"es{secrets.token_hex(4)}"
    made = LogDatabase(server, f"{unique}_tpl", unique)
    admin = await asyncpg.connect(server)
    await admin.execute(f"CREATE ROLE {unique}_owner NOLOGIN")
    await admin.execute(f"CREATE ROLE {unique}_app LOGIN PASSWORD 'app'; CREATE ROLE {unique}_bus LOGIN PASSWORD 'bus'")
    await admin.execute(f"CREATE DATABASE {made.name} OWNER {unique}_owner TEMPLATE template0")
    await _make_log(made)
    yield made
    await admin.execute(f"DROP DATABASE {made.name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE {unique}_app, {unique}_bus, {unique}_owner")
    await admin.close()


@asynccontextmanager
async def cloned(template: LogDatabase) -> AsyncIterator[LogDatabase]:
    """Copy the template for one test."""
    copy = LogDatabase(template.server, f"{template.roles}_{secrets.token_hex(4)}", template.roles)
    admin = await asyncpg.connect(template.server)
    await admin.execute(f"CREATE DATABASE {copy.name} OWNER {copy.owner} TEMPLATE {template.name} STRATEGY wal_log")
    await admin.execute(f"GRANT CREATE ON DATABASE {copy.name} TO {copy.roles}_app")
    yield copy
    await admin.execute(f"DROP DATABASE {copy.name} WITH (FORCE)")
    await admin.close()


async def _make_log(database: LogDatabase) -> None:
    connection = await asyncpg.connect(database.admin)
    await connection.execute(f"SET ROLE {database.owner}")
    for statement in log_statements(LOG, f"{database.roles}_app", f"{database.roles}_bus"):
        await connection.execute(statement)
    await connection.close()


def _dsn(server: str, database: str, role: str | None = None) -> str:
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    netloc = parts.netloc if role is None else f"{role}:{role.rpartition('_')[2]}@{host}"
    return urlunsplit((parts.scheme, netloc, f"/{database}", parts.query, ""))


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Admin]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()
