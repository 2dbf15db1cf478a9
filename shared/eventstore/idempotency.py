"""Removes idempotency records that are older than a repetition of their request may be."""

from datetime import timedelta
from typing import Any, Protocol

KEPT_FOR = timedelta(hours=72)
BATCH = 10_000


class Fetches(Protocol):
    """A connection or a pool of asyncpg."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


async def purge_idempotency(connection: Fetches, older_than: timedelta = KEPT_FOR, *, batch: int = BATCH) -> int:
    """Remove the records that were kept longer ago than `older_than`, `batch` at a time; return how many there were."""
    total, gone = 0, batch
    while gone == batch:
        gone = await connection.fetchval("SELECT log.purge_idempotency($1, $2)", older_than, batch)
        total += gone
    return total
