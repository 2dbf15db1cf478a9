"""How a tolerance case 容错案件 is decided, top to bottom: initiated, investigated, defence heard, reported, concluded
by a body, fed back. Each refusal names the rule on which it rests; what differs from place to place is read from the
rule pack pinned by the case, and where a pack says nothing, nothing is demanded.
"""

from collections.abc import Sequence
from typing import TypeVar, assert_never

from services.adjudication.domain.tolerance_case import persons, responsibility
from services.adjudication.domain.tolerance_case.commands import (
    Command,
    ConcludeCase,
    FileReport,
    GiveFeedback,
    HearDefence,
    InitiateCase,
    OpenInvestigation,
    RecogniseSituation,
    RecordInvestigation,
    Responsibility,
    Step,
)
from services.adjudication.domain.tolerance_case.events import (
    EVENTS,
    ConclusionIssued,
    DefenceHeard,
    InvestigationOpened,
    InvestigationRecorded,
    RecusalRecorded,
    ReportFiled,
    SituationRecognised,
)
from services.adjudication.domain.tolerance_case.policies import (
    Outcome,
    conditions_lead_to_outcome,
    excluded_conduct_is_not_tolerated,
    open_situations,
)
from services.adjudication.domain.tolerance_case.state import State, ToleranceCase, evolve
from services.adjudication.domain.tolerance_case.upcasters import UPCASTERS
from shared.contracts.adjudication import FedBack, ToleranceConcluded, ToleranceInitiated
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.rules import guards
from shared.rules.pack import Rulebook, RulePack

Told = TypeVar("Told", bound=Event)
__all__ = ["DECIDER", "Outcome", "State", "ToleranceCase", "decide", "evolve"]


def decide(command: Command, case: ToleranceCase, *, rules: Rulebook) -> Sequence[Event]:
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    if isinstance(command, InitiateCase):
        return initiate(command, case, rules)
    if case.initiated is None:
        raise Rejected("case-unknown", "没有这个容错案件。")
    if isinstance(command, Responsibility):
        return responsibility.decide(command, case, case.initiated)
    return _proceed(command, case, case.initiated, rules.get(case.initiated.rules_version))


def _proceed(command: Step, case: ToleranceCase, first: ToleranceInitiated, pack: RulePack) -> Sequence[Event]:
    match command:
        case OpenInvestigation():
            return open_investigation(command, case, first)
        case RecordInvestigation():
            return record_investigation(command, case, pack)
        case HearDefence():
            return hear_defence(command, case)
        case FileReport():
            return file_report(command, case, pack)
        case RecogniseSituation():
            return recognise_situation(command, case, pack)
        case ConcludeCase():
            return conclude(command, case, first, pack)
        case GiveFeedback():
            return give_feedback(command, case)
        case _:
            assert_never(command)


def initiate(command: InitiateCase, case: ToleranceCase, rules: Rulebook) -> Sequence[Event]:
    """启动: the rules pinned at submission must be ours, or nothing can be decided under them."""
    event = _said(ToleranceInitiated, command)
    if case.initiated == event:
        return []
    if case.initiated:
        raise Rejected("case-already-initiated", "该编号的容错案件已经启动。", pointer="/case_id")
    rules.get(command.rules_version)
    return [event, *(RecusalRecorded(**told.model_dump()) for told in command.recusals)]


def open_investigation(command: OpenInvestigation, case: ToleranceCase, first: ToleranceInitiated) -> Sequence[Event]:
    """调查核实 is opened once, by two officers or more (V2)."""
    event = _said(InvestigationOpened, command)
    if event.repeats(case.opened):
        return []
    if case.opened:
        raise Rejected("investigation-already-open", "调查核实已经开展。")
    guards.not_in_future(command.opened_on, command.at, "/opened_on")
    guards.not_before(command.opened_on, first.act_on, "/opened_on")
    guards.two_officers(command.officers, "/officers")
    persons.may_investigate(command.officers, command.clerk, case, "/officers")
    return [event, *responsibility.taken_by(command, case, first)]


def record_investigation(command: RecordInvestigation, case: ToleranceCase, pack: RulePack) -> Sequence[Event]:
    """实地走访、谈心谈话、引入申辩 (S0) are recorded one by one; a talk is signed by the person talked to (V2)."""
    event = _said(InvestigationRecorded, command)
    if event.repeats(*case.records):
        return []
    if any(record.record_id == command.record_id for record in case.records):
        raise Rejected("record-id-taken", "该编号已有另一份调查核实记录。", pointer="/record_id")
    opened = _opened(case)
    if case.state is State.REPORTED:
        raise Rejected("report-already-filed", "调查报告已经形成，不能再补记调查核实。")
    guards.not_in_future(command.on, command.at, "/on")
    guards.not_before(command.on, opened.opened_on, "/on")
    guards.two_officers(command.officers, "/officers")
    persons.may_investigate(command.officers, command.clerk, case, "/officers")
    guards.listed(pack.activities, [command.kind], "/kind")
    if pack.is_talk(command.kind):
        guards.talk_signed(command.signed_by_interviewed, "/signed_by_interviewed")
    return [event]


def hear_defence(command: HearDefence, case: ToleranceCase) -> Sequence[Event]:
    """听取申辩 (V4): never skipped; who does not want to speak signs a waiver."""
    event = _said(DefenceHeard, command)
    if event.repeats(*case.defences):
        return []
    opened = _opened(case)
    if not case.records:
        raise Rejected("investigation-without-record", "尚无调查核实记录，先记录再听取申辩。")
    guards.not_in_future(command.on, command.at, "/on")
    guards.not_before(command.on, opened.opened_on, "/on")
    guards.two_officers(command.heard_by, "/heard_by")
    persons.may_investigate(command.heard_by, command.clerk, case, "/heard_by")
    guards.statement_or_waiver(command.statement is not None, command.waiver_signed, "/statement")
    return [event]


def file_report(command: FileReport, case: ToleranceCase, pack: RulePack) -> Sequence[Event]:
    """调查报告: every condition of the pack is answered, the exclusions are checked, all investigators sign."""
    event = ReportFiled(
        reported_on=command.on,
        facts=command.facts,
        eligibility=command.eligibility,
        situations=command.situations,
        conditions=dict(command.conditions),
        exclusions=command.exclusions,
        signed_by=command.signed_by,
        clerk=command.clerk,
    )
    if event.repeats(case.report) and case.state is not State.DEFENDED:
        return []
    opened = _opened(case)
    if case.state is State.REPORTED:
        raise Rejected("report-already-filed", "调查报告已经形成。")
    if case.state is not State.DEFENDED:
        raise Rejected("defence-not-heard", "尚未听取申辩，不能形成调查报告。", reference="政务处分法 43")
    guards.not_in_future(command.on, command.at, "/on")
    guards.not_before(command.on, case.reportable_from, "/on")
    guards.claimable(pack, command.situations, "/situations")
    guards.listed(pack.excluded, command.exclusions, "/exclusions")
    guards.every_condition_answered(pack, command.conditions, "/conditions")
    persons.may_investigate(command.signed_by, command.clerk, case, "/signed_by")
    persons.all_signed(command, opened, case)
    return [event]


def recognise_situation(command: RecogniseSituation, case: ToleranceCase, pack: RulePack) -> Sequence[Event]:
    """8+X 的 X (S0 需要认定的其他情形): the deciding body, not the investigators, recognises it with reasons."""
    event = _said(SituationRecognised, command)
    if event.repeats(*case.recognitions):
        return []
    report = _reported(case)
    if command.situation not in open_situations(report, pack):
        raise Rejected("situation-needs-no-recognition", "调查报告没有提出该项其他情形。", pointer="/situation")
    if command.situation in {recognition.situation for recognition in case.recognitions}:
        raise Rejected("situation-already-recognised", "该项情形已经认定。", pointer="/situation")
    guards.not_in_future(command.on, command.at, "/on")
    guards.not_before(command.on, report.reported_on, "/on")
    guards.collective(command.recognised_by, "/recognised_by")
    persons.may_decide(command.recognised_by, command.clerk, case, "/recognised_by")
    return [event]


def conclude(command: ConcludeCase, case: ToleranceCase, first: ToleranceInitiated, pack: RulePack) -> Sequence[Event]:
    """容错认定: by a body (V3) of which nobody investigated (V1), within the law (V7), as the pack's policy has it."""
    if case.report:
        outcome, paper = _conclusion(command, first, case.report, pack)
        if outcome == case.concluded and paper.repeats(case.issued):
            return []
    report = _reported(case)
    guards.listed(pack.outcomes, [command.outcome], "/outcome")
    guards.listed(pack.grounds, command.grounds, "/grounds")
    guards.not_in_future(command.concluded_on, command.at, "/concluded_on")
    guards.not_before(command.concluded_on, case.decidable_from, "/concluded_on")
    guards.collective(command.decided_by, "/decided_by")
    persons.may_decide(command.decided_by, command.clerk, case, "/decided_by")
    guards.lawful(command.legality_confirmed, "/legality_confirmed")
    if open_situations(report, pack) - {step.situation for step in case.recognitions}:
        raise Rejected("situation-not-recognised", "调查报告引用了其他情形，应当先作出认定并说明理由。")
    excluded_conduct_is_not_tolerated(command, report, pack)
    conditions_lead_to_outcome(command, report, pack)
    return [*_conclusion(command, first, report, pack), *responsibility.recorded(case, first)]


def give_feedback(command: GiveFeedback, case: ToleranceCase) -> Sequence[Event]:
    """反馈: once; who is refused is given the reasons (及时解释答复, taken over from 包头 S2)."""
    concluded = case.concluded
    if concluded is None:
        raise Rejected("case-not-concluded", "尚未作出容错认定，没有可以反馈的结果。")
    event = FedBack(
        case_id=concluded.case_id,
        matter=concluded.matter,
        jurisdiction=concluded.jurisdiction,
        rules_version=concluded.rules_version,
        outcome=concluded.outcome,
        notify=concluded.notify,
        concerned=concluded.concerned,
        fed_back_on=command.on,
        explained=command.explained,
    )
    if case.fed_back == event:
        return []
    if case.fed_back:
        raise Rejected("case-already-fed-back", "容错认定已经反馈。")
    guards.not_in_future(command.on, command.at, "/on")
    guards.not_before(command.on, concluded.concluded_on, "/on")
    if concluded.outcome == Outcome.REFUSED and not command.explained:
        raise Rejected(
            "refusal-not-explained",
            "不予容错的，请先向申请人解释答复（参照外地做法）。",
            reference="包头市做法",
            pointer="/explained",
        )
    return [event]


def _said(event: type[Told], command: object) -> Told:
    """Return the event whose members a command has under the same names."""
    return event(**{name: getattr(command, name) for name in event.model_fields})


def _conclusion(
    command: ConcludeCase, first: ToleranceInitiated, report: ReportFiled, pack: RulePack
) -> tuple[ToleranceConcluded, ConclusionIssued]:
    """The public outcome and, beside it, the paper with its reasons and what an exemption protects."""
    return (
        ToleranceConcluded(
            case_id=first.case_id,
            matter=first.matter,
            jurisdiction=first.jurisdiction,
            rules_version=first.rules_version,
            outcome=command.outcome,
            grounds=command.grounds,
            situations=report.situations,
            concluded_on=command.concluded_on,
            concerned=first.concerned,
            notify=first.notify,
        ),
        ConclusionIssued(
            reasons=command.reasons,
            departure_reasons=command.departure_reasons,
            decided_by=command.decided_by,
            legality_confirmed=command.legality_confirmed,
            protections=pack.protected_areas if command.outcome == Outcome.EXEMPT else (),
            clerk=command.clerk,
        ),
    )


def _opened(case: ToleranceCase) -> InvestigationOpened:
    if case.concluded:
        raise Rejected("case-already-concluded", "案件已经作出认定。")
    if case.opened is None:
        raise Rejected("investigation-not-open", "尚未开展调查核实。")
    return case.opened


def _reported(case: ToleranceCase) -> ReportFiled:
    if case.concluded:
        raise Rejected("case-already-concluded", "案件已经作出认定。")
    if case.report is None or case.state is not State.REPORTED:
        raise Rejected("report-not-filed", "尚未形成调查报告。")
    return case.report


DECIDER = Decider(
    category="tolerance_case",
    codec=Codec(EVENTS, UPCASTERS),
    initial=ToleranceCase(),
    decide=decide,
    evolve=evolve,
    reducer_version=2,
)
