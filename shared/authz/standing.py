"""Whose access is withdrawn though his token is valid still (ASVS 8.3.2): asked for every request, of one table.

The table is in the keyring's database, which every service reads. A request is admitted by what stood there after it
had come in, so a withdrawal holds from the next request on, in every process (docs/adr/0021).
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from shared.authz.caller import Caller
from shared.database.pool import Pool
from shared.keyring.gathering import Gathering

Person = tuple[str, str]
"""Issuer and subject, as events name them."""

_WITHDRAWN = """
    SELECT DISTINCT issuer, subject FROM access.withdrawn
    JOIN unnest($1::text[], $2::text[]) AS asked (issuer, subject) USING (issuer, subject)
    WHERE ended_at IS NULL
"""
_WITHDRAW = """
    INSERT INTO access.withdrawn (withdrawal, issuer, subject) VALUES ($1, $2, $3) ON CONFLICT (withdrawal) DO NOTHING
"""
# An end may come before its beginning: whoever wrote the event of the one may have died before he wrote this row.
_END = """
    INSERT INTO access.withdrawn AS row (withdrawal, issuer, subject, ended_at) VALUES ($1, $2, $3, clock_timestamp())
    ON CONFLICT (withdrawal) DO UPDATE SET ended_at = coalesce(row.ended_at, excluded.ended_at)
"""


class Standing:
    """Who may not be admitted, as it stands; every statement is a transaction of its own."""

    def __init__(self, pool: Pool) -> None:
        """Ask through `pool`, which leads to the keyring's database; many requests at once take one connection."""
        self._pool = pool
        self._asked = Gathering(self._ask)

    async def is_withdrawn(self, caller: Caller) -> bool:
        """Tell whether the caller's access is withdrawn now; raises what asyncpg raises instead of an answer."""
        return await self._asked.get((caller.issuer, caller.subject))

    async def withdraw(self, withdrawal: UUID, issuer: str, subject: str) -> None:
        """Let nobody of this name in from now on; again is the same, and after its end nothing."""
        await self._pool.execute(_WITHDRAW, withdrawal, issuer, subject)

    async def end(self, withdrawal: UUID, issuer: str, subject: str) -> None:
        """End one withdrawal; others of the same person stand."""
        await self._pool.execute(_END, withdrawal, issuer, subject)

    async def _ask(self, people: Collection[Person]) -> Mapping[Person, bool | Exception]:
        rows = await self._pool.fetch(_WITHDRAWN, [issuer for issuer, _ in people], [subject for _, subject in people])
        withdrawn = {(row["issuer"], row["subject"]) for row in rows}
        return {person: person in withdrawn for person in people}
