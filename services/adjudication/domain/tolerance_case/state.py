"""The state of a tolerance case: the facts that later decisions need. `evolve` never judges and never reads rules."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.adjudication.domain.tolerance_case.events import (
    AccessEnded,
    AccessGranted,
    ConclusionIssued,
    DefenceHeard,
    Entered,
    Fact,
    InvestigationOpened,
    InvestigationRecorded,
    OfficeAssigned,
    RecusalRecorded,
    ReportFiled,
    Responsibility,
    SituationRecognised,
    StepTaken,
)
from shared.contracts.adjudication import FedBack, HandlingRecorded, ToleranceConcluded, ToleranceInitiated


class State(StrEnum):
    """Where a case stands; None is one that nobody has initiated."""

    INITIATED = "initiated"
    INVESTIGATING = "investigating"
    DEFENDED = "defended"
    REPORTED = "reported"
    CONCLUDED = "concluded"
    FED_BACK = "fed_back"


@dataclass(frozen=True, slots=True)
class ToleranceCase:
    """A tolerance case 容错案件, as the facts that stand."""

    state: State | None = None
    initiated: ToleranceInitiated | None = None
    opened: InvestigationOpened | None = None
    records: tuple[InvestigationRecorded, ...] = ()
    defences: tuple[DefenceHeard, ...] = ()
    report: ReportFiled | None = None
    recognitions: tuple[SituationRecognised, ...] = ()
    concluded: ToleranceConcluded | None = None
    issued: ConclusionIssued | None = None
    fed_back: FedBack | None = None
    handled: OfficeAssigned | None = None
    grants: tuple[AccessGranted, ...] = ()
    ended: frozenset[UUID] = frozenset()
    recused: frozenset[str] = frozenset()
    investigators: frozenset[str] = frozenset()
    """Everybody who ever took part in the investigation; none of them may decide (V1). Whoever has the case now."""

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 that the submission began."""
        return self.initiated.matter if self.initiated else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the case belongs (GB/T 2260)."""
        return self.initiated.jurisdiction if self.initiated else None

    @property
    def rules_version(self) -> str | None:
        """The pack pinned by the submission: the one in force on the day of the act."""
        return self.initiated.rules_version if self.initiated else None

    @property
    def deciders(self) -> frozenset[str]:
        """Everybody who recognised a situation or decided; none of them may investigate or review (V1)."""
        issued = _with_clerk(self.issued.decided_by, self.issued) if self.issued else ()
        return frozenset(issued).union(*(_with_clerk(step.recognised_by, step) for step in self.recognitions))

    def granted(self, person: str, at: datetime) -> frozenset[str]:
        """Return the roles for which a grant to `person` is in force at an instant."""
        return frozenset(
            grant.role
            for grant in self.grants
            if grant.person == person and grant.begins_at <= at < grant.ends_at and grant.grant_id not in self.ended
        )

    def granted_ever(self, roles: Collection[str]) -> frozenset[str]:
        """Return who was ever let in for one of `roles`: what he has read, he does not forget with the grant."""
        return frozenset(grant.person for grant in self.grants if grant.role in roles)

    @property
    def reportable_from(self) -> date:
        """The day of the latest activity or defence, on which the report rests."""
        return max([step.on for step in self.records] + [step.on for step in self.defences], default=date.min)

    @property
    def decidable_from(self) -> date:
        """The day of the report, or of a later recognition: on these the conclusion rests."""
        reported = [self.report.reported_on] if self.report else []
        return max(reported + [step.on for step in self.recognitions], default=date.min)


def evolve(case: ToleranceCase, event: Fact) -> ToleranceCase:
    """Apply a fact; facts are not judged again."""
    return _evolve_responsibility(case, event) if isinstance(event, Responsibility) else _carry_on(case, event)


def _carry_on(case: ToleranceCase, event: StepTaken) -> ToleranceCase:
    match event:
        case ToleranceInitiated():
            return replace(case, state=State.INITIATED, initiated=event)
        case InvestigationOpened():
            return replace(_joined(case, event.officers, event), state=State.INVESTIGATING, opened=event)
        case InvestigationRecorded():
            return replace(_joined(case, event.officers, event), records=(*case.records, event))
        case DefenceHeard():
            heard = replace(_joined(case, event.heard_by, event), defences=(*case.defences, event))
            return replace(heard, state=State.DEFENDED)
        case ReportFiled():
            return replace(_joined(case, event.signed_by, event), state=State.REPORTED, report=event)
        case SituationRecognised():
            return replace(case, recognitions=(*case.recognitions, event))
        case ToleranceConcluded():
            return replace(case, state=State.CONCLUDED, concluded=event)
        case ConclusionIssued():
            return replace(case, issued=event)
        case FedBack():
            return replace(case, state=State.FED_BACK, fed_back=event)
        case _:
            assert_never(event)


def _joined(case: ToleranceCase, named: tuple[str, ...], event: Entered) -> ToleranceCase:
    """Return the case with more investigators, and never fewer."""
    return replace(case, investigators=case.investigators.union(_with_clerk(named, event)))


def _with_clerk(named: tuple[str, ...], event: Entered) -> tuple[str, ...]:
    return (*named, event.clerk) if event.clerk else named


def _evolve_responsibility(case: ToleranceCase, event: Responsibility) -> ToleranceCase:
    match event:
        case OfficeAssigned():
            # The persons are who opened the investigation; an event that does not tell who entered it still counts.
            return replace(case, handled=event, investigators=case.investigators.union(event.persons))
        case AccessGranted():
            return replace(case, grants=(*case.grants, event))
        case AccessEnded():
            return replace(case, ended=case.ended | {event.grant_id})
        case RecusalRecorded():
            return replace(case, recused=case.recused | {event.person})
        case HandlingRecorded():
            return case
        case _:
            assert_never(event)
