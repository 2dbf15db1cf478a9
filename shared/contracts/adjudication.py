"""Public events of adjudication 裁定: what other services may act on. Names and fields stand for ever once released."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.kernel.events import Event
from shared.kernel.upcasting import Upcaster, Upcasters


class ToleranceInitiated(Event):
    """启动容错: the case of one cadre, under the rules that were in force on the day of the act."""

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "initiated"
    sets: ClassVar[tuple[str, ...]] = (
        "matter",
        "submission_id",
        "jurisdiction",
        "rules_version",
        "source",
        "concerned",
        "applicant",
        "notify",
        "situations",
        "act_on",
    )

    case_id: UUID
    matter: UUID
    submission_id: UUID
    jurisdiction: str
    rules_version: str
    source: str
    concerned: UUID
    applicant: UUID | None
    notify: UUID
    situations: tuple[str, ...]
    act_on: date


class ToleranceConcluded(Event):
    """作出认定: 容错免责, 容错减责 or 不予容错; its reasons are in the private ConclusionIssued."""

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "concluded"
    sets: ClassVar[tuple[str, ...]] = ("outcome", "grounds", "situations", "concluded_on")

    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    outcome: str
    grounds: tuple[str, ...]
    situations: tuple[str, ...]
    concluded_on: date
    concerned: UUID
    notify: UUID


class FedBack(Event):
    """反馈: the party has been told the outcome; `explained` says whether the reasons were explained in person."""

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "fed_back"
    sets: ClassVar[tuple[str, ...]] = ("fed_back_on", "explained")

    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    outcome: str
    notify: UUID
    concerned: UUID
    fed_back_on: date
    explained: bool


class HandlingRecorded(Event):
    """承办、回避已载明: who has the case and who is recused from it, so that other services let in the same people.

    `office` is an organisation's id, null when they act for none; `persons` and `recused` are pseudonyms.
    """

    public: ClassVar[bool] = True

    case_id: UUID
    matter: UUID
    submission_id: UUID
    jurisdiction: str
    rules_version: str
    concerned: UUID
    applicant: UUID | None
    office: str | None
    persons: tuple[str, ...]
    recused: tuple[str, ...]


EVENTS: tuple[type[Event], ...] = (ToleranceInitiated, ToleranceConcluded, FedBack, HandlingRecorded)
STEPS: dict[tuple[str, int], Upcaster] = {}
UPCASTERS = Upcasters(STEPS)
