"""The nonces of signed requests, in the service's own database: known to every process, and after a restart."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.database.migration_env import run_script
from shared.database.pool import Pool

KEPT_BEYOND = timedelta(hours=1)
"""How long a nonce is kept after its request could last have been admitted: clocks of servers may differ."""
BATCH = 10_000
_REMEMBER = """
    INSERT INTO app.nonces (system, nonce, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true
"""
_PURGE = """
    WITH old AS (SELECT ctid FROM app.nonces WHERE until < clock_timestamp() - $1::interval LIMIT $2),
         gone AS (DELETE FROM app.nonces USING old WHERE nonces.ctid = old.ctid RETURNING 1)
    SELECT count(*) FROM gone
"""


class Fetches(Protocol):
    """A connection or a pool of asyncpg."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


class Nonces:
    """Remembers nonces; each statement is a transaction of its own, durable when it returns."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def remember(self, system: str, nonce: str, until: datetime) -> bool:
        """Store a nonce whose request may be admitted until then; False when the system has used it before."""
        return bool(await self._pool.fetchval(_REMEMBER, system, nonce, until))


async def purge_nonces(connection: Fetches, beyond: timedelta = KEPT_BEYOND, *, batch: int = BATCH) -> int:
    """Remove nonces whose time ended longer ago than `beyond`, `batch` at a time; return how many there were."""
    total, gone = 0, batch
    while gone == batch:
        gone = await connection.fetchval(_PURGE, beyond, batch)
        total += gone
    return total


def create_nonces() -> None:
    """Make `app.nonces`, in a service's migration."""
    run_script("""
        CREATE TABLE app.nonces (
            system text NOT NULL,
            nonce text NOT NULL CHECK (char_length(nonce) BETWEEN 16 AND 64),
            until timestamptz NOT NULL,
            PRIMARY KEY (system, nonce)
        );
        CREATE INDEX nonces_by_end ON app.nonces (until);
    """)
