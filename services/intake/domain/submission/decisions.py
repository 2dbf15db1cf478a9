"""How a submission is filed, returned for supplement, accepted or withdrawn, and on which rule each refusal rests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, assert_never
from uuid import UUID

from services.intake.domain.submission.commands import (
    AcceptSubmission,
    Command,
    NoteCaseOpened,
    NoteHandling,
    RecordSubmissionRecusal,
    Resubmit,
    ReturnForSupplement,
    SubmitSubmission,
    WithdrawSubmission,
)
from services.intake.domain.submission.events import (
    EVENTS,
    Fact,
    HandlingNoted,
    SubmissionCaseOpened,
    SubmissionRecusalRecorded,
    SubmissionResubmitted,
    SubmissionSubmitted,
    SubmissionTaken,
    SubmissionWithdrawn,
    SupplementRequested,
)
from services.intake.domain.submission.policies import as_submitted, complete_for_its_kind, situations_named, source_of
from services.intake.domain.submission.upcasters import UPCASTERS
from shared.contracts.intake import Recusal, SubmissionAccepted, SubmissionReturned
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.kernel.sealed import Sealed
from shared.rules import recusal
from shared.rules.guards import not_in_future
from shared.rules.pack import Rulebook, RulePack


class State(StrEnum):
    """Where a submission stands; None is one that nobody has submitted."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission 提交: `submitted` as first filed; `situations`, `statement`, `other_situation` as they stand now."""

    state: State | None = None
    submitted: SubmissionSubmitted | None = None
    situations: tuple[str, ...] = ()
    statement: Sealed[str] | None = None
    other_situation: Sealed[str] | None = None
    missing: Sealed[str] | None = None
    resubmitted: SubmissionResubmitted | None = None
    withdrawn: SubmissionWithdrawn | None = None
    case_id: UUID | None = None
    case_state: Literal["pending", "open"] | None = None
    handled: SubmissionTaken | None = None
    recusals: tuple[Recusal, ...] = ()
    recused: tuple[str, ...] = ()

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 that this submission began."""
        return self.submitted.matter if self.submitted else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the matter belongs (GB/T 2260)."""
        return self.submitted.jurisdiction if self.submitted else None

    @property
    def rules_version(self) -> str | None:
        """The pack pinned when it was submitted."""
        return self.submitted.rules_version if self.submitted else None


def decide(command: Command, submission: Submission, *, rules: Rulebook) -> Sequence[Event]:
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    if isinstance(command, SubmitSubmission):
        return submit(command, submission, rules)
    first = _submitted(submission)
    match command:
        case ReturnForSupplement():
            return return_for_supplement(command, submission, first)
        case Resubmit():
            return resubmit(command, submission, rules.get(first.rules_version))
        case AcceptSubmission():
            return accept(command, submission, first)
        case WithdrawSubmission():
            return withdraw(command, submission, first)
        case RecordSubmissionRecusal():
            return record_recusal(command, submission)
        case NoteCaseOpened():
            return note_case_opened(command, submission)
        case NoteHandling():
            return note_handling(command, submission)
        case _:
            assert_never(command)


def submit(command: SubmitSubmission, submission: Submission, rules: Rulebook) -> Sequence[Event]:
    """提交: the pack in force on the day of the act is pinned, so a later amendment changes nothing for this matter."""
    _expect(submission, None, State.SUBMITTED, State.RETURNED, State.ACCEPTED)
    pack = rules.in_force(command.jurisdiction, command.act_on)
    if pack is None:
        raise Rejected("jurisdiction-without-rules", "该地区在行为发生之日没有容错规则。", pointer="/jurisdiction")
    event = as_submitted(command, pack)
    if submission.submitted == event:
        return []
    if submission.submitted:
        raise Rejected("submission-already-submitted", "该编号的材料已经提交。", pointer="/submission_id")
    not_in_future(command.act_on, command.at, "/act_on")
    complete_for_its_kind(command)
    situations_named(command.situations, command.other_situation, pack)
    return [event]


def return_for_supplement(
    command: ReturnForSupplement, submission: Submission, first: SubmissionSubmitted
) -> Sequence[Event]:
    """退回补正: once, until the applicant has answered."""
    if submission.state is State.RETURNED and submission.missing == command.missing:
        return []
    _expect(submission, State.SUBMITTED)
    returned = SubmissionReturned(
        submission_id=first.submission_id,
        matter=first.matter,
        jurisdiction=first.jurisdiction,
        rules_version=first.rules_version,
        notify=first.applicant,
    )
    return [*_taken_by(command, submission), returned, SupplementRequested(missing=command.missing)]


def resubmit(command: Resubmit, submission: Submission, pack: RulePack) -> Sequence[Event]:
    """补正后重新提交: the rules pinned at first stay pinned."""
    event = SubmissionResubmitted(
        statement=command.statement, situations=command.situations, other_situation=command.other_situation
    )
    if submission.state is State.SUBMITTED and submission.resubmitted == event:
        return []
    _expect(submission, State.RETURNED)
    situations_named(command.situations, command.other_situation, pack)
    return [event]


def accept(command: AcceptSubmission, submission: Submission, first: SubmissionSubmitted) -> Sequence[Event]:
    """受理: an officer's act; from here adjudication carries the matter on."""
    if submission.case_id == command.case_id:
        return []
    _expect(submission, State.SUBMITTED)
    return [
        *_taken_by(command, submission),
        SubmissionAccepted(
            submission_id=first.submission_id,
            case_id=command.case_id,
            matter=first.matter,
            jurisdiction=first.jurisdiction,
            rules_version=first.rules_version,
            kind=first.kind,
            source=source_of(first),
            concerned=first.concerned,
            applicant=first.applicant,
            notify=first.applicant or first.concerned,
            situations=submission.situations,
            act_on=first.act_on,
            recusals=submission.recusals,
        ),
    ]


def withdraw(command: WithdrawSubmission, submission: Submission, first: SubmissionSubmitted) -> Sequence[Event]:
    """撤回: an applicant may take back what is not yet accepted; what an inspection found is nobody's to take back."""
    event = SubmissionWithdrawn(reason=command.reason)
    if submission.withdrawn == event:
        return []
    _expect(submission, State.SUBMITTED, State.RETURNED)
    if first.kind == "finding":
        raise Rejected("finding-cannot-be-withdrawn", "监督检查发现的问题不能撤回。")
    return [event]


def record_recusal(command: RecordSubmissionRecusal, submission: Submission) -> Sequence[Event]:
    """登记回避, until the acceptance; from then on it is recorded with the case, which takes over what stands here."""
    _expect(submission, State.SUBMITTED, State.RETURNED)
    recusal.grounded(command.ground, command.person, command.by, by_leader=command.by_leader)
    if command.person in submission.recused:
        return []
    return [SubmissionRecusalRecorded(person=command.person, ground=command.ground, by=command.by)]


def note_case_opened(command: NoteCaseOpened, submission: Submission) -> Sequence[Event]:
    """案件已启动: only the case that the acceptance named."""
    if submission.state is not State.ACCEPTED:
        _expect(submission, State.SUBMITTED, State.RETURNED)
        raise Rejected("submission-not-accepted", "材料尚未受理，没有案件。")
    if submission.case_id != command.case_id:
        raise Rejected("case-mismatch", "案件编号与受理时的编号不符。", pointer="/case_id")
    if submission.case_state == "open":
        return []
    return [SubmissionCaseOpened(case_id=command.case_id, case_state="open")]


def note_handling(command: NoteHandling, submission: Submission) -> Sequence[Event]:
    """承办、回避已载明: whoever has the case has what led to it; who is recused from one is out of both."""
    taken = command if command.office or command.persons else submission.handled
    office, persons = (taken.office, taken.persons) if taken else (None, ())
    event = HandlingNoted(office=office, persons=persons, recused=command.recused)
    return [] if (submission.handled, submission.recused) == (_taken(event), event.recused) else [event]


def _taken(event: HandlingNoted) -> SubmissionTaken | None:
    return SubmissionTaken(office=event.office, persons=event.persons) if event.office or event.persons else None


def _taken_by(command: ReturnForSupplement | AcceptSubmission, submission: Submission) -> Sequence[Event]:
    if submission.handled:
        return []
    return [SubmissionTaken(office=command.office, persons=(command.clerk,))]


def _expect(submission: Submission, *allowed: State | None) -> None:
    """Refuse by what the submission is, when that is not among `allowed`."""
    if submission.state in allowed:
        return
    match submission.state:
        case State.SUBMITTED:
            raise Rejected("submission-not-returned", "材料没有被退回，无须补正。")
        case State.RETURNED:
            raise Rejected("submission-returned", "材料已退回，等待补正。")
        case State.ACCEPTED:
            raise Rejected("submission-already-accepted", "材料已经受理。")
        case State.WITHDRAWN:
            raise Rejected("submission-withdrawn", "材料已经撤回。")


def _submitted(submission: Submission) -> SubmissionSubmitted:
    if submission.submitted is None:
        raise Rejected("submission-unknown", "没有这份材料。")
    return submission.submitted


def evolve(submission: Submission, event: Fact) -> Submission:
    """Apply a fact; facts are not judged again."""
    match event:
        case SubmissionSubmitted():
            return replace(_with_content(submission, event), submitted=event)
        case SubmissionReturned():
            return replace(submission, state=State.RETURNED)
        case SupplementRequested():
            return replace(submission, missing=event.missing)
        case SubmissionResubmitted():
            return replace(_with_content(submission, event), resubmitted=event)
        case SubmissionAccepted():
            return replace(submission, state=State.ACCEPTED, case_id=event.case_id, case_state="pending")
        case SubmissionWithdrawn():
            return replace(submission, state=State.WITHDRAWN, withdrawn=event)
        case SubmissionCaseOpened():
            return replace(submission, case_state=event.case_state)
        case SubmissionTaken() | SubmissionRecusalRecorded() | HandlingNoted():
            return _in_hands(submission, event)
        case _:
            assert_never(event)


def _in_hands(submission: Submission, event: SubmissionTaken | SubmissionRecusalRecorded | HandlingNoted) -> Submission:
    match event:
        case SubmissionTaken():
            return replace(submission, handled=event)
        case SubmissionRecusalRecorded(person=person):
            told = Recusal(person=person, ground=event.ground, by=event.by)
            return replace(submission, recusals=(*submission.recusals, told), recused=(*submission.recused, person))
        case HandlingNoted():
            return replace(submission, handled=_taken(event), recused=event.recused)


def _with_content(submission: Submission, event: SubmissionSubmitted | SubmissionResubmitted) -> Submission:
    return replace(
        submission,
        state=State.SUBMITTED,
        situations=event.situations,
        statement=event.statement,
        other_situation=event.other_situation,
    )


DECIDER = Decider(
    category="submission", codec=Codec(EVENTS, UPCASTERS), initial=Submission(), decide=decide, evolve=evolve
)
