"""What a subject and a matter are connected with, found in the events of all logs that the archive has taken in.

Each statement has its index (migration 0005), so that it takes as long with all the years as with one.
"""

from collections.abc import Sequence
from uuid import UUID

from shared.database.pool import Pool

# Every event knows its matter. Whoever stands in a payload, be it as party, officer's counterpart or in the envelope of
# a sealed text, stands in it by his id.
_OTHER_MATTERS = """
    WITH mentioned AS (
        SELECT type, app.matter_of(metadata)::uuid AS matter FROM app.collected
        WHERE app.ids_in(payload) @> ARRAY[$1::uuid::text]
    )
    SELECT DISTINCT matter FROM mentioned WHERE matter <> $2
    EXCEPT SELECT matter FROM mentioned WHERE type = 'SubjectErased'
    ORDER BY 1
"""
# A party stands in an event, or a sealed text is his; payloads are canonical, so that no text can look like a member.
# What archive itself says of erasures and holds is left out: a request would prove itself.
_STANDS = """
    SELECT EXISTS (
        SELECT FROM app.collected, unnest(ARRAY['subject', 'concerned', 'applicant']) AS member
        WHERE log <> 'archive' AND app.matter_of(metadata) = $2::uuid::text
            AND position(convert_to(format('"%s":"%s"', member, $1::uuid), 'UTF8') IN payload) > 0
    )
"""
_REGISTERED = """
    SELECT convert_from(payload, 'UTF8')::jsonb ->> 'jurisdiction' FROM app.collected
    WHERE log = 'intake' AND stream = 'party-' || $1::uuid AND version = 1 AND type = 'PartyRegistered'
"""
_DOSSIERS = """
    SELECT DISTINCT substr(stream, length('dossier-') + 1)::uuid AS case_id FROM log.events
    WHERE type = 'DossierOpened' AND app.matter_of(metadata) = $1::uuid::text
"""


class CollectedLinks:
    """The links in the archive's own database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def stands_in(self, subject: UUID, matter: UUID) -> bool:
        """Tell whether the subject stands in an event of the matter."""
        return bool(await self._pool.fetchval(_STANDS, subject, matter))

    async def registered_in(self, subject: UUID) -> str | None:
        """Return the jurisdiction in which the subject was registered, None when no log that arrived says so."""
        jurisdiction: str | None = await self._pool.fetchval(_REGISTERED, subject)
        return jurisdiction

    async def other_matters(self, subject: UUID, matter: UUID) -> Sequence[UUID]:
        """Return the other matters in which the subject stands and from which it is not erased."""
        return [row["matter"] for row in await self._pool.fetch(_OTHER_MATTERS, subject, matter)]

    async def dossiers_of(self, matter: UUID) -> Sequence[UUID]:
        """Return the dossiers of a matter."""
        return [row["case_id"] for row in await self._pool.fetch(_DOSSIERS, matter)]
