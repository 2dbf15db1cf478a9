"""Holds a lease for as long as it is asked to: takes it when it is free, and renews it before it ends."""

from shared.database.pool import Pool
from shared.eventstore import leases
from shared.messaging.waiting import monotonic


class Holding:
    """The lease `name` for `holder`, who is one process: nobody else may use that name."""

    def __init__(self, pool: Pool, name: str, holder: str, ttl_s: float) -> None:
        self._pool, self._name, self._holder, self._ttl_s = pool, name, holder, ttl_s
        self._lease: leases.Lease | None = None
        self._renew_at = 0.0

    async def hold(self) -> bool:
        """Return whether the lease is ours; costs a statement only every third of its life."""
        now = monotonic()
        if self._lease and now < self._renew_at:
            return True
        if not (self._lease and await leases.renew(self._pool, self._lease, self._ttl_s)):
            self._lease = await leases.take(self._pool, self._name, self._holder, self._ttl_s)
        self._renew_at = now + self._ttl_s / 3
        return self._lease is not None

    async def release(self) -> None:
        """Give the lease back, if it is ours."""
        lease, self._lease = self._lease, None
        if lease is not None:
            await leases.release(self._pool, lease)
