"""Leases: who does a thing that only one may do, judged by the database's clock, fenced by an epoch."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

_TAKE = """
    INSERT INTO log.lease AS l (name, holder, epoch, until) VALUES ($1, $2, 1, clock_timestamp() + $3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = l.epoch + 1, until = excluded.until
    WHERE l.until <= clock_timestamp() OR l.holder = excluded.holder
    RETURNING epoch
"""
_RENEW = """
    UPDATE log.lease SET until = clock_timestamp() + $4 WHERE name = $1 AND holder = $2 AND epoch = $3 RETURNING true
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was taken; `epoch` is larger than that of every holder before."""

    name: str
    holder: str
    epoch: int


class Fetches(Protocol):
    """A connection or a pool of asyncpg."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


async def take(connection: Fetches, name: str, holder: str, ttl_s: float) -> Lease | None:
    """Take the lease for `ttl_s` seconds; None while somebody else holds it.

    A holder that comes back under its old name gets it at once, with a new epoch that fences what it was before.
    """
    epoch = await connection.fetchval(_TAKE, name, holder, timedelta(seconds=ttl_s))
    return None if epoch is None else Lease(name, holder, epoch)


async def renew(connection: Fetches, lease: Lease, ttl_s: float) -> bool:
    """Hold the lease for another `ttl_s` seconds from now; False when somebody else has taken it since."""
    renewed = await connection.fetchval(_RENEW, lease.name, lease.holder, lease.epoch, timedelta(seconds=ttl_s))
    return renewed is not None


async def release(connection: Fetches, lease: Lease) -> bool:
    """Let the lease end now; False when somebody else has taken it since."""
    return await renew(connection, lease, 0.0)
