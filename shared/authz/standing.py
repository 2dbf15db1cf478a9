"""Whose access is withdrawn though his token is valid still (ASVS 8.3.2): asked for every request, of one table.

The table is in the keyring's database, which every service reads. A request is admitted by what stood there after it
had come in, so a withdrawal holds from the next request on, in every process (docs/adr/0021).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
# Rows that say so already are not written again. An end may come before its beginning: whoever wrote the event of the
# one may have died before he wrote this row.
_SETTLE = """
    INSERT INTO access.withdrawn AS row (withdrawal, issuer, subject, ended_at)
    SELECT id, issuer, subject, CASE WHEN ended THEN clock_timestamp() END
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) AS told (id, issuer, subject, ended)
    WHERE NOT EXISTS (
        SELECT FROM access.withdrawn AS d WHERE d.withdrawal = id AND (d.ended_at IS NOT NULL OR NOT ended)
    )
    ORDER BY id
    ON CONFLICT (withdrawal) DO UPDATE SET ended_at = coalesce(row.ended_at, excluded.ended_at)
    RETURNING withdrawal
"""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What the events say of one withdrawal: whose access, and whether it has ended."""

    id: UUID
    issuer: str
    subject: str
    ended: bool


class Standing:
    """Who may not be admitted, as it stands; every statement is a transaction of its own."""

    def __init__(self, pool: Pool) -> None:
        """Ask through `pool`, which leads to the keyring's database; many requests at once take one connection."""
        self._pool = pool
        self._asked = Gathering(self._ask)

    async def is_withdrawn(self, caller: Caller) -> bool:
        """Tell whether the caller's access is withdrawn now; raises what asyncpg raises instead of an answer."""
        return await self._asked.get((caller.issuer, caller.subject))

    async def settle(self, told: Collection[Withdrawal]) -> int:
        """Let the table say this of these withdrawals, and return how many differed; what has ended never begins again.

        Nobody of a name whose withdrawal has not ended is let in from now on; others of the same person stand.
        """
        columns = [(one.id, one.issuer, one.subject.casefold(), one.ended) for one in told]
        return len(await self._pool.fetch(_SETTLE, *map(list, zip(*columns, strict=True)))) if columns else 0

    async def _ask(self, people: Collection[Person]) -> Mapping[Person, bool | Exception]:
        names = {name for person in people for name in _names(person)}
        rows = await self._pool.fetch(_WITHDRAWN, [issuer for issuer, _ in names], [subject for _, subject in names])
        withdrawn = {(row["issuer"], row["subject"]) for row in rows}
        return {person: not withdrawn.isdisjoint(_names(person)) for person in people}


def _names(person: Person) -> set[Person]:
    """Return the name as it is written, and in small letters: a name keeps out whoever spells it otherwise, too."""
    issuer, subject = person
    return {person, (issuer, subject.casefold())}
