"""Facts of a tolerance_case stream. Names and fields stand for ever once released: to change one, raise
`schema_version`, add a step in upcasters.py and a golden file. The public ones stand in
shared/contracts/adjudication.py."""

from datetime import date
from typing import ClassVar, Literal, get_args
from uuid import UUID

from shared.contracts.adjudication import FedBack, HandlingRecorded, ToleranceConcluded, ToleranceInitiated
from shared.kernel.events import Event
from shared.kernel.instants import Instant
from shared.kernel.sealed import Sealed


class Entered(Event):
    """What somebody entered. `clerk` is the subject of his tokens; None in events from before he was kept."""

    clerk: str | None = None

    def repeats(self, *earlier: Event | None) -> bool:
        """Tell whether one of `earlier` says the same, whoever entered it."""
        return any(
            isinstance(event, type(self)) and event.model_copy(update={"clerk": self.clerk}) == self
            for event in earlier
        )


class InvestigationOpened(Entered):
    """已开展调查核实."""

    leads_to: ClassVar[str | None] = "investigating"
    sets: ClassVar[tuple[str, ...]] = ("officers", "opened_on")

    officers: tuple[str, ...]
    opened_on: date


class InvestigationRecorded(Entered):
    """已记录一项调查核实活动."""

    appends_to: ClassVar[str | None] = "investigation_records"

    record_id: UUID
    kind: str
    on: date
    officers: tuple[str, ...]
    note: Sealed[str]
    signed_by_interviewed: bool | None


class DefenceHeard(Entered):
    """已听取申辩. Heard after a report, it calls for a new report: the defence has to be verified."""

    leads_to: ClassVar[str | None] = "defended"
    appends_to: ClassVar[str | None] = "defences"

    on: date
    statement: Sealed[str] | None
    waiver_signed: bool
    heard_by: tuple[str, ...]


class ReportFiled(Entered):
    """调查报告已形成."""

    leads_to: ClassVar[str | None] = "reported"
    sets: ClassVar[tuple[str, ...]] = (
        "reported_on",
        "facts",
        "eligibility",
        "situations",
        "conditions",
        "exclusions",
        "signed_by",
    )

    reported_on: date
    facts: Sealed[str]
    eligibility: Sealed[str]
    situations: tuple[str, ...]
    conditions: dict[str, Literal["met", "not_met", "unproven"]]
    exclusions: tuple[str, ...]
    signed_by: tuple[str, ...]


class SituationRecognised(Entered):
    """其他情形已认定."""

    appends_to: ClassVar[str | None] = "recognitions"

    situation: str
    reasons: Sealed[str]
    recognised_by: tuple[str, ...]
    on: date


class ConclusionIssued(Entered):
    """容错结论性认定意见: what ToleranceConcluded may not say in public, and what an exemption protects."""

    sets: ClassVar[tuple[str, ...]] = (
        "reasons",
        "departure_reasons",
        "decided_by",
        "legality_confirmed",
        "protections",
    )

    reasons: Sealed[str]
    departure_reasons: Sealed[str] | None
    decided_by: tuple[str, ...]
    legality_confirmed: bool
    protections: tuple[str, ...]


class OfficeAssigned(Event):
    """承办部门已确定. `office` is an organisation's id, null when who took the case acts for none."""

    sets: ClassVar[tuple[str, ...]] = ("office", "persons")

    office: str | None
    persons: tuple[str, ...]


class AccessGranted(Event):
    """阅卷授权已给予: the person, known by the subject of his tokens, sees the case in `role` until `ends_at`."""

    appends_to: ClassVar[str | None] = "access_grants"

    grant_id: UUID
    person: str
    role: str
    begins_at: Instant
    ends_at: Instant


class AccessEnded(Event):
    """阅卷授权已终止, before its time."""

    appends_to: ClassVar[str | None] = "access_ends"

    grant_id: UUID
    ended_at: Instant


class RecusalRecorded(Event):
    """回避已登记. `by` is the person himself or the leader who ordered it."""

    appends_to: ClassVar[str | None] = "recusals"

    person: str
    ground: str
    by: str


StepTaken = (
    ToleranceInitiated
    | InvestigationOpened
    | InvestigationRecorded
    | DefenceHeard
    | ReportFiled
    | SituationRecognised
    | ToleranceConcluded
    | ConclusionIssued
    | FedBack
)
Responsibility = OfficeAssigned | AccessGranted | AccessEnded | RecusalRecorded | HandlingRecorded
Fact = StepTaken | Responsibility
EVENTS: tuple[type[Event], ...] = get_args(Fact)
