"""How a report is received, assigned, or sent up without being kept, who is recused, and the rule of each refusal.

Further states (verifying, concluded, fed back, closed) follow the transfer once those processes are built.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.intake.domain.report.commands import (
    AssignReport,
    Command,
    ReceiveReport,
    RecordReportRecusal,
    RecordTransfer,
)
from services.intake.domain.report.events import (
    EVENTS,
    Fact,
    ReportAssigned,
    ReporterIdentified,
    ReportReceived,
    ReportRecusalRecorded,
    ReportTransferRecorded,
)
from services.intake.domain.report.identity import Identity
from services.intake.domain.report.organs import organ_above, stands_above, upper_ground
from services.intake.domain.report.upcasters import UPCASTERS
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.rules import recusal
from shared.rules.guards import not_in_future
from shared.rules.pack import Rulebook

UPPER_LEVEL_RULE = "纪检监察机关处理检举控告工作规则 15"
"""Reports on cadres of an upper level or on the head of the own organ go up, within five working days, unkept."""
_COMPETENCE_RULE = "纪检监察机关处理检举控告工作规则 13"


class State(StrEnum):
    """Where a report stands; None is one that nobody has entered."""

    RECEIVED = "received"
    TRANSFERRED = "transferred"


@dataclass(frozen=True, slots=True)
class Report:
    """A report 检举控告: `received` with its content, or `sent_up`, of which there is nothing but the record."""

    state: State | None = None
    received: ReportReceived | None = None
    identified: ReporterIdentified | None = None
    office: str | None = None
    recused: frozenset[str] = frozenset()
    sent_up: ReportTransferRecorded | None = None

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 that this report began; None for what was sent up."""
        return self.received.matter if self.received else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the report was received (GB/T 2260)."""
        entered = self.received or self.sent_up
        return entered.jurisdiction if entered else None

    @property
    def rules_version(self) -> str | None:
        """Always None: the rules for reports are the same everywhere."""
        return None


def decide(command: Command, report: Report, *, rules: Rulebook) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    match command:
        case ReceiveReport():
            return receive(command, report)
        case RecordTransfer():
            return record_transfer(command, report)
        case AssignReport():
            return assign(command, report)
        case RecordReportRecusal():
            return record_recusal(command, report)
        case _:
            assert_never(command)


def receive(command: ReceiveReport, report: Report) -> Sequence[Event]:
    """接收检举控告; one that has to go up is never kept, whoever asks."""
    if upper_ground(command.jurisdiction, command.managed_by, command.head_of_organ):
        raise Rejected(
            "report-goes-up",
            "反映上级管理的干部或者本机关主要负责人的检举控告，不得录入，应当报送上级机关。",
            reference=UPPER_LEVEL_RULE,
            pointer="/managed_by",
        )
    events = [_as_received(command), *_as_identified(command)]
    if [fact for fact in (report.received, report.identified) if fact] == events:
        return []
    _expect_new(report)
    not_in_future(command.received_on, command.at, "/received_on")
    _names_somebody(command)
    return events


def record_transfer(command: RecordTransfer, report: Report) -> Sequence[Event]:
    """记录报送上级: only what has to go up, to the organ that manages the cadre, or above the organ that he heads."""
    ground = upper_ground(command.jurisdiction, command.managed_by, command.head_of_organ)
    to_organ = command.managed_by if ground == "upper_level_cadre" else organ_above(command.jurisdiction)
    if ground is None or to_organ is None:
        raise Rejected("report-stays", "该检举控告由本机关或者下级机关受理。", reference=_COMPETENCE_RULE)
    event = ReportTransferRecorded(
        report_id=command.report_id,
        jurisdiction=command.jurisdiction,
        to_organ=to_organ,
        ground=ground,
        received_on=command.received_on,
        rule=UPPER_LEVEL_RULE,
    )
    if report.sent_up == event:
        return []
    _expect_new(report)
    not_in_future(command.received_on, command.at, "/received_on")
    return [event]


def assign(command: AssignReport, report: Report) -> Sequence[Event]:
    """转交承办部门: to one office; what was sent up is nobody's here."""
    _expect_kept(report)
    if report.office == command.office:
        return []
    if report.office:
        raise Rejected("report-already-assigned", "该检举控告已转交承办部门。")
    return [ReportAssigned(office=command.office)]


def record_recusal(command: RecordReportRecusal, report: Report) -> Sequence[Event]:
    """登记回避: declared by the person himself, or ordered by a head (政务处分法 48); it is not taken back here."""
    _expect_kept(report)
    recusal.grounded(command.ground, command.person, command.by, by_leader=command.by_head)
    if command.person in report.recused:
        return []
    return [ReportRecusalRecorded(person=command.person, ground=command.ground, by=command.by)]


def _as_received(command: ReceiveReport) -> ReportReceived:
    """An organ that stands beside, not below, is not told what another one's cadres are said to have done."""
    own = command.managed_by == command.jurisdiction
    if not own and not stands_above(command.jurisdiction, command.managed_by):
        raise Rejected(
            "report-not-competent",
            "被反映人由其他机关管理，请告知检举控告人向有权机关反映或者转送。",
            reference=_COMPETENCE_RULE,
            pointer="/managed_by",
        )
    return ReportReceived(
        report_id=command.report_id,
        matter=command.matter,
        jurisdiction=command.jurisdiction,
        channel=command.channel,
        managed_by=command.managed_by,
        level="own" if own else "lower",
        received_on=command.received_on,
        concerned=command.concerned,
        person_described=command.person_described,
        content=command.content,
    )


def _as_identified(command: ReceiveReport) -> list[ReporterIdentified]:
    """Nobody is anonymous who has left something of himself, and nobody has who is."""
    if command.reporter is None and not command.identity:
        return []
    if command.reporter is None or "name" not in command.identity:
        raise Rejected(
            "reporter-unnamed", "实名检举控告应当写明姓名或者单位名称；匿名的，不填身份信息。", pointer="/reporter"
        )
    return [ReporterIdentified(reporter=command.reporter, identity=Identity.model_validate(dict(command.identity)))]


def _names_somebody(command: ReceiveReport) -> None:
    if command.concerned is None and command.person_described is None:
        raise Rejected("reported-person-missing", "应当写明被反映人：登记编号，或者文字描述。", pointer="/concerned")


def _expect_kept(report: Report) -> None:
    if report.state is None:
        raise Rejected("report-unknown", "没有这件检举控告。")
    if report.sent_up:
        raise Rejected("report-sent-up", "该检举控告已报送上级机关，本机关不再办理。", reference=UPPER_LEVEL_RULE)


def _expect_new(report: Report) -> None:
    if report.state is not None:
        raise Rejected("report-already-entered", "该编号的检举控告已经登记。", pointer="/report_id")


def evolve(report: Report, event: Fact) -> Report:
    """Apply a fact; facts are not judged again."""
    match event:
        case ReportReceived():
            return replace(report, state=State.RECEIVED, received=event)
        case ReporterIdentified():
            return replace(report, identified=event)
        case ReportAssigned():
            return replace(report, state=State.TRANSFERRED, office=event.office)
        case ReportRecusalRecorded():
            return replace(report, recused=report.recused | {event.person})
        case ReportTransferRecorded():
            return replace(report, state=State.TRANSFERRED, sent_up=event)
        case _:
            assert_never(event)


DECIDER = Decider(category="report", codec=Codec(EVENTS, UPCASTERS), initial=Report(), decide=decide, evolve=evolve)
