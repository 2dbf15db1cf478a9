"""The state of a tolerance case: the facts that later decisions need. `evolve` never judges and never reads rules."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.adjudication.domain.tolerance_case.events import (
    ConclusionIssued,
    DefenceHeard,
    Fact,
    InvestigationOpened,
    InvestigationRecorded,
    ReportFiled,
    SituationRecognised,
)
from shared.contracts.adjudication import FedBack, ToleranceConcluded, ToleranceInitiated


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
    def investigators(self) -> frozenset[str]:
        """Everybody who took part in the investigation; none of them may decide (V1)."""
        return frozenset(self.opened.officers if self.opened else ()).union(
            *(record.officers for record in self.records),
            *(defence.heard_by for defence in self.defences),
            self.report.signed_by if self.report else (),
        )

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
    match event:
        case ToleranceInitiated():
            return replace(case, state=State.INITIATED, initiated=event)
        case InvestigationOpened():
            return replace(case, state=State.INVESTIGATING, opened=event)
        case InvestigationRecorded():
            return replace(case, records=(*case.records, event))
        case DefenceHeard():
            return replace(case, state=State.DEFENDED, defences=(*case.defences, event))
        case ReportFiled():
            return replace(case, state=State.REPORTED, report=event)
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
