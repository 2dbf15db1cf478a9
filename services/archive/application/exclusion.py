"""How a caller stands to the erasures and holds of a matter: as to its dossiers, and never to his own affair."""

from collections.abc import Iterable
from uuid import UUID

from services.archive.domain.dossier.decisions import Dossier
from shared.authz.caller import Caller
from shared.authz.facts import Facts
from shared.kernel.excluded import Excluded


def excluded_from(dossiers: Iterable[Dossier]) -> Excluded:
    """Return everybody whom one of a matter's dossiers keeps out."""
    told = [dossier.entrusted for dossier in dossiers if dossier.entrusted]
    return Excluded(
        concerned=tuple(sorted({each.concerned for each in told})),
        applicants=tuple(sorted({each.applicant for each in told if each.applicant})),
        recused=tuple(sorted({person for each in told for person in each.recused})),
    )


def facts(caller: Caller, excluded: Excluded, jurisdiction: str | None, subject: UUID | None = None) -> Facts:
    """Return how the caller stands; `subject` is whom an erasure is about beside those of the dossiers."""
    return Facts(
        within=jurisdiction is not None and caller.within(jurisdiction),
        concerned=caller.party is not None and caller.party in {*excluded.concerned, subject},
        applicant=caller.party in excluded.applicants,
        recused=caller.is_one_of(excluded.recused),
    )
