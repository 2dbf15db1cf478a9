"""Removes idempotency records that are older than a repetition of their request may be."""

from datetime import timedelta
from typing import Any, Protocol

KEPT_FOR = timedelta(hours=72)


class Fetches(Protocol):
    """A connection or a pool of asyncpg."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


async def purge_idempotency(connection: Fetches, older_than: timedelta = KEPT_FOR) -> int:
    """Remove the records that were kept longer ago than `older_than`; return how many there were."""
    gone: int = await connection.fetchval("SELECT log.purge_idempotency($1)", older_than)
    return gone
