"""Facts of a submission stream. Names and fields stand for ever once released: to change one, raise `schema_version`,
add a step in upcasters.py and a golden file. The public ones stand in shared/contracts/intake.py."""

from datetime import date
from typing import ClassVar, Literal, get_args
from uuid import UUID

from shared.contracts.intake import SubmissionAccepted, SubmissionReturned
from shared.kernel.events import Event
from shared.kernel.sealed import Sealed


class SubmissionSubmitted(Event):
    """已提交; `rules_version` pins the pack in force on the day of the act."""

    leads_to: ClassVar[str | None] = "submitted"
    sets: ClassVar[tuple[str, ...]] = (
        "matter",
        "kind",
        "applicant_kind",
        "applicant",
        "found_by",
        "concerned",
        "jurisdiction",
        "rules_version",
        "situations",
        "act_on",
        "found_on",
        "statement",
        "other_situation",
    )

    submission_id: UUID
    matter: UUID
    author: str
    kind: Literal["finding", "application"]
    applicant_kind: Literal["person", "unit"] | None
    applicant: UUID | None
    found_by: Sealed[str] | None
    concerned: UUID
    jurisdiction: str
    rules_version: str
    situations: tuple[str, ...]
    act_on: date
    found_on: date | None
    statement: Sealed[str]
    other_situation: Sealed[str] | None


class SupplementRequested(Event):
    """补正要求: what is missing, for the applicant's eyes."""

    sets: ClassVar[tuple[str, ...]] = ("missing",)

    missing: Sealed[str]


class SubmissionResubmitted(Event):
    """已补正."""

    leads_to: ClassVar[str | None] = "submitted"
    sets: ClassVar[tuple[str, ...]] = ("statement", "situations", "other_situation")

    statement: Sealed[str]
    situations: tuple[str, ...]
    other_situation: Sealed[str] | None


class SubmissionWithdrawn(Event):
    """已撤回."""

    leads_to: ClassVar[str | None] = "withdrawn"
    sets: ClassVar[tuple[str, ...]] = ("reason",)

    reason: Sealed[str] | None


class SubmissionCaseOpened(Event):
    """已立案件: the case exists in adjudication."""

    sets: ClassVar[tuple[str, ...]] = ("case_id", "case_state")

    case_id: UUID
    case_state: Literal["open"]


class SubmissionTaken(Event):
    """承办部门已确定: whoever first returned or accepted it. `office` is null when he acts for no organisation."""

    sets: ClassVar[tuple[str, ...]] = ("office", "persons")

    office: str | None
    persons: tuple[str, ...]


class SubmissionRecusalRecorded(Event):
    """提交回避已登记, before the acceptance. `by` is the person himself or the leader who ordered it."""

    appends_to: ClassVar[str | None] = "recusals"

    person: str
    ground: str
    by: str


class HandlingNoted(Event):
    """承办、回避已载明: who has the submission now, because he has its case, and who is recused from both."""

    sets: ClassVar[tuple[str, ...]] = ("office", "persons")

    office: str | None
    persons: tuple[str, ...]
    recused: tuple[str, ...]


Fact = (
    SubmissionSubmitted
    | SubmissionReturned
    | SupplementRequested
    | SubmissionResubmitted
    | SubmissionAccepted
    | SubmissionWithdrawn
    | SubmissionCaseOpened
    | SubmissionTaken
    | SubmissionRecusalRecorded
    | HandlingNoted
)
EVENTS: tuple[type[Event], ...] = get_args(Fact)
