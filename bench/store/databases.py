"""Databases of the one PostgreSQL: a template for each store, and a copy of it for each run."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.store.port import Address, Place, Servers


def dsn_of(dsn: str, database: str) -> str:
    """Return `dsn` with another database."""
    parts = urlsplit(dsn)
    return urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))


async def execute(dsn: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def copy_of(servers: Servers, template: str, name: str | None = None) -> AsyncIterator[str]:
    """Copy a template, write a checkpoint so that every run begins alike, and drop the copy in the end."""
    admin, copy = servers.postgres.dsn, name or f"bench_{secrets.token_hex(4)}"
    await execute(admin, f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY wal_log', "CHECKPOINT")
    try:
        yield copy
    finally:
        await execute(admin, f'DROP DATABASE "{copy}" WITH (FORCE)')


class OnPostgres(ABC):
    """A store that lives in a database of its own; `install` makes its tables in the empty database of a DSN."""

    key: str

    @property
    def template(self) -> str:
        """The database that every run copies."""
        return f"{self.key.replace('-', '_')}_template"

    async def prepare(self, servers: Servers) -> None:
        """Make the template; raises Unavailable."""
        await execute(servers.postgres.dsn, f'CREATE DATABASE "{self.template}"')
        await self.install(dsn_of(servers.postgres.dsn, self.template))

    @abstractmethod
    async def install(self, dsn: str) -> None:
        """Make the tables; raises Unavailable."""

    @asynccontextmanager
    async def fresh(self, servers: Servers) -> AsyncIterator[Place]:
        """Open a copy of the template."""
        async with copy_of(servers, self.template) as name:
            yield self.place(servers, name)

    def place(self, servers: Servers, database: str) -> Place:
        """Tell where the store in `database` is."""
        address: Address = {"dsn": dsn_of(servers.postgres.dsn, database)}
        return Place(address, servers.postgres.pid or 0)
