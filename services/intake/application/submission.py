"""Use cases of a submission 提交: from the draft to acceptance or withdrawal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, overload
from uuid import UUID

from services.intake.application import requests
from services.intake.application.drafts import DraftContent, DraftShelf, Submitted, may_write, owner_of
from services.intake.domain.submission import commands
from services.intake.domain.submission.decisions import Submission
from services.intake.domain.submission.events import SubmissionSubmitted
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.authz.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.errors import Rejected
from shared.kernel.ids import NewId
from shared.kernel.sealed import Sealed
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.sealing import Edge

CLASSES = {
    **dict.fromkeys(("matter", "kind", "jurisdiction", "rules_version", "situations", "act_on"), DataClass.RECORD),
    **dict.fromkeys(("found_on", "case_id", "case_state"), DataClass.RECORD),
    **dict.fromkeys(("applicant_kind", "applicant", "concerned"), DataClass.PEOPLE),
    **dict.fromkeys(("found_by", "statement", "other_situation", "missing", "reason"), DataClass.CONTENT),
    **dict.fromkeys(("office", "persons"), DataClass.HANDLING),
    "recusals": DataClass.ENTITLEMENTS,
}
LEADERS = frozenset({Role.DIC_HEAD, Role.DIC_LEADER})


def relate(caller: Caller, submission: Submission, _: datetime) -> Facts:
    """Say how the caller stands to a submission: whose it is, who has taken it, who is out of it."""
    first, handled = submission.submitted, submission.handled
    if first is None:
        return Facts()
    return Facts(
        within=caller.within(first.jurisdiction),
        concerned=caller.party == first.concerned,
        applicant=caller.party is not None and caller.party == first.applicant,
        author=caller.files_for == first.author,
        unassigned=handled is None,
        assigned=handled is not None and caller.handles(handled.office, handled.persons),
        recused=caller.is_one_of(submission.recused),
    )


class KindOf(Protocol):
    """Tells what a registered party is, None when nobody is registered under the id where the caller acts."""

    async def __call__(self, caller: Caller, party_id: UUID) -> Literal["person", "unit"] | None: ...


@dataclass(frozen=True)
class Submissions:
    """What applicants, inspection teams and officers do with a submission."""

    desk: CommandDesk[Submission]
    shelf: DraftShelf
    edge: Edge
    rules: Rulebook
    clock: Clock
    new_id: NewId
    submitted: Submitted
    kind_of: KindOf

    async def submit(self, call: Call, body: requests.Submitting) -> CommandAnswer:
        """提交: what the draft says becomes the submission; the draft is then forgotten."""
        owner = owner_of(call.caller)
        taken: int | None = None

        async def command(_: Submission) -> commands.SubmitSubmission:
            nonlocal taken
            draft = await self.shelf.find(body.submission_id, owner)
            if draft is None and await self.submitted(body.submission_id) == call.caller.files_for:
                raise Rejected("submission-already-submitted", "该编号的材料已经提交。", pointer="/submission_id")
            if draft is None:
                raise Rejected("draft-unknown", "没有这份草稿。", pointer="/submission_id")
            may_write(call.caller, draft.content)
            await self._registered(call.caller, draft.content)
            taken = draft.version
            said = {field: getattr(draft.content, field) for field in DraftContent.model_fields}
            return commands.SubmitSubmission(
                submission_id=draft.id, matter=draft.matter, author=call.caller.files_for, at=self.clock(), **said
            )

        def creates(made: commands.SubmitSubmission) -> Facts:
            return Facts(within=call.caller.within(made.jurisdiction), author=True)

        answer = await self._run(call, body.submission_id, command, creates=creates)
        if not call.dry_run:
            await self.shelf.remove(body.submission_id, owner, taken)
        return answer

    async def return_for_supplement(self, call: Call, submission_id: UUID, body: requests.Return) -> CommandAnswer:
        """退回补正."""

        async def command(submission: Submission) -> commands.ReturnForSupplement:
            missing = await self._seal(submission, "missing", body.missing)
            return commands.ReturnForSupplement(
                submission_id, missing, self.clock(), call.caller.subject, call.caller.organisation
            )

        return await self._run(call, submission_id, command)

    async def supplement(self, call: Call, submission_id: UUID, body: requests.Supplement) -> CommandAnswer:
        """补正后重新提交."""

        async def command(submission: Submission) -> commands.Resubmit:
            statement = await self._seal(submission, "statement", body.statement)
            other = await self._seal(submission, "other_situation", body.other_situation)
            return commands.Resubmit(submission_id, statement, body.situations, other, self.clock())

        return await self._run(call, submission_id, command)

    async def accept(self, call: Call, submission_id: UUID) -> CommandAnswer:
        """受理: the id of the case is known from here on; adjudication opens it when the event arrives."""
        caller = call.caller
        command = commands.AcceptSubmission(
            submission_id, self.new_id(), self.clock(), caller.subject, caller.organisation
        )
        return await self._run(call, submission_id, command)

    async def withdraw(self, call: Call, submission_id: UUID, body: requests.Withdrawal) -> CommandAnswer:
        """撤回."""

        async def command(submission: Submission) -> commands.WithdrawSubmission:
            reason = await self._seal(submission, "reason", body.reason)
            return commands.WithdrawSubmission(submission_id, reason, self.clock())

        return await self._run(call, submission_id, command)

    async def record_recusal(self, call: Call, submission_id: UUID, body: requests.Recusal) -> CommandAnswer:
        """登记回避: others' by a leader, one's own by oneself."""
        by, leads = call.caller.subject, bool(call.caller.roles & LEADERS)
        person = body.person or by
        command = commands.RecordSubmissionRecusal(submission_id, person, body.ground, by, leads, self.clock())
        return await self._run(call, submission_id, command)

    async def _registered(self, caller: Caller, content: DraftContent) -> None:
        """A case about nobody reaches nobody: whoever is named is registered, as what he is named; raises Rejected."""
        if await self.kind_of(caller, content.concerned) != "person":
            raise Rejected("party-unknown", "没有登记这名干部，请先登记当事人。", pointer="/concerned")
        applicant = content.applicant
        if applicant is not None and await self.kind_of(caller, applicant) != content.applicant_kind:
            raise Rejected("party-unknown", "没有登记这名申请人，或者登记的类别不同。", pointer="/applicant")

    async def _run(
        self, call: Call, submission_id: UUID, command: object, *, creates: Callable[[Any], Facts] | None = None
    ) -> CommandAnswer:
        return await self.desk.execute(call, submission_id, command, rules=lambda _: self.rules, creates=creates)

    @overload
    async def _seal(self, submission: Submission, field: str, text: str) -> Sealed[str]: ...
    @overload
    async def _seal(self, submission: Submission, field: str, text: str | None) -> Sealed[str] | None: ...
    async def _seal(self, submission: Submission, field: str, text: str | None) -> Sealed[str] | None:
        """Seal under the key of the cadre concerned in this matter."""
        first = _first(submission)
        return await self.edge.seal(text, first.concerned, first.matter, f"submission.{field}")


def _first(submission: Submission) -> SubmissionSubmitted:
    assert submission.submitted, "the desk shows only what was submitted"  # noqa: S101 - narrows the type
    return submission.submitted


PROTECTION = Protection(relate, CLASSES)
