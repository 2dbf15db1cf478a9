"""What a subject and a matter are connected with, found in the events of all logs that the archive has taken in."""

from collections.abc import Sequence
from uuid import UUID

from shared.database.pool import Pool

# Every event knows its matter. Whoever stands in a payload, be it as party, officer's counterpart or in the envelope of
# a sealed text, stands in it by his id.
_OTHER_MATTERS = """
    WITH mentioned AS (
        SELECT type, (convert_from(metadata, 'UTF8')::jsonb ->> 'matter')::uuid AS matter FROM app.collected
        WHERE position(convert_to($1::uuid::text, 'UTF8') IN payload) > 0
    )
    SELECT DISTINCT matter FROM mentioned WHERE matter <> $2
    EXCEPT SELECT matter FROM mentioned WHERE type = 'SubjectErased'
    ORDER BY 1
"""
_DOSSIERS = """
    SELECT DISTINCT substr(stream, length('dossier-') + 1)::uuid AS case_id FROM log.events
    WHERE type = 'DossierOpened' AND convert_from(metadata, 'UTF8')::jsonb ->> 'matter' = $1::uuid::text
"""


class CollectedLinks:
    """The links in the archive's own database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def other_matters(self, subject: UUID, matter: UUID) -> Sequence[UUID]:
        """Return the other matters in which the subject stands and from which it is not erased."""
        return [row["matter"] for row in await self._pool.fetch(_OTHER_MATTERS, subject, matter)]

    async def dossiers_of(self, matter: UUID) -> Sequence[UUID]:
        """Return the dossiers of a matter."""
        return [row["case_id"] for row in await self._pool.fetch(_DOSSIERS, matter)]
