"""What can be asked of a dossier. `at` is the clock, `*_on` a day in the world, pointers name these fields."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OpenDossier:
    """立卷: begin the volume of a case."""

    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EnterPaper:
    """归入材料: list a paper by where its text stands: the event `event_id` of `log`, in its `field` when sealed."""

    case_id: UUID
    paper: str
    log: str
    event_id: UUID
    field: str | None
    on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class CompleteVolume:
    """案结卷成: bind the volume; `retention` as R8 has it, 永久 / 长期 / 短期."""

    case_id: UUID
    on: date
    pages: int
    retention: Literal["permanent", "long", "short"]
    at: datetime


@dataclass(frozen=True, slots=True)
class EntrustDossier:
    """载明承办、回避: who had the case and may read its volume, whom it is about, who is recused from it."""

    case_id: UUID
    concerned: UUID
    applicant: UUID | None
    office: str | None
    persons: tuple[str, ...]
    recused: tuple[str, ...]
    at: datetime


Command = OpenDossier | EnterPaper | CompleteVolume | EntrustDossier
