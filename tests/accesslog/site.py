"""The four services with a case in them, and what their access logs say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from shared.accesslog.finding import AccessLog
from shared.accesslog.migration import access_log
from shared.authz.development import DevelopmentIssuer
from shared.database.databases import Databases
from shared.database.pool import open_pool
from shared.kernel.recorded import Recorded
from tests.http.world import World, peopled


@dataclass(frozen=True)
class Site:
    """A running site; `get` asks as one of the world's people, `as_role` makes a token of another."""

    world: World
    issuer: DevelopmentIssuer

    async def get(self, path: str, who: str = "officer", **headers: str) -> httpx.Response:
        """Ask for `path`, in which the names of the world stand in braces."""
        return await self.ask("GET", path, self.world.tokens[who], **headers)

    async def ask(self, method: str, path: str, token: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        path = path.format_map(self.world.names)
        return await self.world.http.request(
            method, path, json=body, headers={"Authorization": f"Bearer {token}", **sent}
        )

    def as_role(self, *roles: str, subject: str = "auditor-1") -> str:
        """Return the token of somebody who acts everywhere."""
        return self.issuer.token(roles=roles, jurisdictions=("000000*",), subject=subject)

    @asynccontextmanager
    async def log(self, service: str = "intake") -> AsyncIterator[AccessLog]:
        """Open the access log of a service."""
        async with open_pool(self.world.databases.dsn(service), 1) as pool:
            yield AccessLog(pool, access_log(service))

    async def since(self, head: int, service: str = "intake") -> list[Recorded]:
        """Return the records that were written after the position `head`."""
        async with self.log(service) as log:
            return await log.read_page(after=head)

    async def head(self, service: str = "intake") -> int:
        """Return the last position of an access log."""
        async with self.log(service) as log:
            return await log.head()

    async def run(self, query: str, service: str = "intake") -> Any:
        """Return what `query` finds, as the superuser."""
        connection = await asyncpg.connect(self.world.databases.admin(service))
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()


@asynccontextmanager
async def opened(databases: Databases, place: Path) -> AsyncIterator[Site]:
    """Open the services on `databases` with their secrets in `place`."""
    async with peopled(databases, place) as world:
        yield Site(world, DevelopmentIssuer(place))
