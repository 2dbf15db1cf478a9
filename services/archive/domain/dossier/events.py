"""Facts of a dossier stream. Names and fields stand for ever once released: to change one, raise `schema_version`,
add a step in upcasters.py and a golden file. The public ones stand in shared/contracts/archive.py."""

from datetime import date
from typing import ClassVar, get_args
from uuid import UUID

from shared.contracts.archive import DossierOpened, VolumeCompleted
from shared.kernel.events import Event


class PaperEntered(Event):
    """材料已归入. The text stays where it is; the entry refers to it and never copies it."""

    appends_to: ClassVar[str | None] = "papers"

    paper: str
    log: str
    event_id: UUID
    field: str | None
    on: date


class DossierEntrusted(Event):
    """承办、回避已载明: the office and the persons who had the case, whom it is about, who is recused."""

    sets: ClassVar[tuple[str, ...]] = ("concerned", "applicant", "office", "persons")

    concerned: UUID
    applicant: UUID | None
    office: str | None
    persons: tuple[str, ...]
    recused: tuple[str, ...]


Fact = DossierOpened | PaperEntered | VolumeCompleted | DossierEntrusted
EVENTS: tuple[type[Event], ...] = get_args(Fact)
