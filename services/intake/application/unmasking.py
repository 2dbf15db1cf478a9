"""Use cases of an unmasking 身份查阅: ask for it, approve it, read the identity while it is open."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.application import report as reports
from services.intake.application import requests
from services.intake.domain.report.decisions import DECIDER as REPORT
from services.intake.domain.report.decisions import Report
from services.intake.domain.report.events import ReportReceived
from services.intake.domain.unmasking.commands import ApproveUnmasking, OpenIdentity, RequestUnmasking
from services.intake.domain.unmasking.decisions import Unmasking
from services.intake.domain.unmasking.events import UnmaskingRequested
from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.policy_engine import Decision, policies
from shared.authz.protection import Protection
from shared.eventstore.cache import Folded
from shared.eventstore.transact import Cause, transact
from shared.kernel.clock import Clock
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.kernel.ids import NewId
from shared.kernel.metadata import Policy
from shared.kernel.representation import Document
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.reads import Moment
from shared.web.sealing import Edge, identity_of

CLASSES = {
    **dict.fromkeys(("report_id", "matter", "jurisdiction", "requester", "fields"), DataClass.RECORD),
    **dict.fromkeys(("digest", "open_until"), DataClass.RECORD),
    **dict.fromkeys(("approvals", "openings"), DataClass.HANDLING),
    "reason": DataClass.REPORT,
}


def relate(caller: Caller, unmasking: Unmasking, at: datetime) -> Facts:
    """Say how the caller stands to an unmasking: whether he was reported, whether he asked, whether he may read now."""
    asked = unmasking.requested
    if asked is None:
        return Facts()
    return Facts(
        within=caller.within(asked.jurisdiction),
        concerned=caller.party is not None and caller.party == asked.concerned,
        author=asked.requester == caller.person,
        unmasked=unmasking.is_open(caller.person, at),
    )


PROTECTION = Protection(relate, CLASSES)
_ASKING = "request_unmasking"
_NOW = Moment(at_version=None, as_of=None)


class UnmaskingDesk(CommandDesk[Unmasking]):
    """The desk of unmaskings: who is recused from a report finds none of its unmaskings, through no door."""

    async def look(self, access: Access, aggregate_id: UUID) -> Folded[Unmasking]:
        """Return the unmasking as it stands; raises Problem `not-found`."""
        await self._admit(access, aggregate_id)
        return await super().look(access, aggregate_id)

    async def recall(self, access: Access, aggregate_id: UUID, moment: Moment = _NOW) -> tuple[list[Event], Facts]:
        """Return the events up to `moment`; raises Problem `not-found`."""
        await self._admit(access, aggregate_id)
        return await super().recall(access, aggregate_id, moment)

    async def execute(self, call: Call, aggregate_id: UUID, command: object, **how: Any) -> CommandAnswer:
        """Run `command`; raises Problem `not-found`, and what every desk raises."""
        await self._admit(call.access, aggregate_id)
        return await super().execute(call, aggregate_id, command, **how)

    async def _admit(self, access: Access, unmasking_id: UUID) -> None:
        """Judge whoever is recused from the report as one who is recused from this; the report alone knows him."""
        unmasking = (await self.store.load(self.decider, unmasking_id)).state
        if unmasking.requested is None:
            return
        report = (await self.store.load(REPORT, unmasking.requested.report_id)).state
        facts = relate(access.caller, unmasking, self.store.clock())._replace(recused=True)
        if access.caller.is_one_of(report.recused) and not access.judge(facts).permitted:
            raise Problem("not-found")


@dataclass(frozen=True)
class Unmaskings:
    """Asking for an identity, letting somebody see it, seeing it."""

    desk: CommandDesk[Unmasking]
    reports: CommandDesk[Report]
    edge: Edge
    rules: Rulebook
    clock: Clock
    new_id: NewId

    async def request(self, call: Call, body: requests.UnmaskingRequest) -> CommandAnswer:
        """申请查阅身份 in a report that the caller may see; raises Problem `not-found` for any other."""
        facts = Facts()

        async def command(_: Unmasking) -> RequestUnmasking:
            nonlocal facts
            report = await self._report(body.report_id)
            facts = reports.relate(call.caller, report, self.clock())
            if not call.access.judge(facts).permitted:
                raise Problem("not-found")
            received = _with_identity(report)
            reason = await self.edge.seal(body.reason, body.report_id, received.matter, "unmasking.reason")
            return RequestUnmasking(
                unmasking_id=body.unmasking_id,
                report_id=body.report_id,
                matter=received.matter,
                jurisdiction=received.jurisdiction,
                concerned=received.concerned,
                requester=call.caller.person,
                fields=body.fields,
                reason=reason,
                at=self.clock(),
            )

        return await self._run(call, body.unmasking_id, command, creates=lambda _: facts)

    async def approve(self, call: Call, unmasking_id: UUID, body: requests.UnmaskingApproval) -> CommandAnswer:
        """批准查阅身份."""
        command = ApproveUnmasking(unmasking_id, call.caller.person, body.digest, self.clock())
        return await self._run(call, unmasking_id, command)

    async def open(self, access: Access, unmasking_id: UUID) -> Document:
        """查阅身份: the reading is a fact before anything is shown; raises Problem, and Rejected outside the hour.

        Whoever could not ask any more, because the report is not his now, does not read either.
        """
        looked = await self.desk.look(access, unmasking_id)
        at = self.clock()
        report = await self._report(_asked(looked.state).report_id)
        if not replace(access, action=_ASKING).judge(reports.relate(access.caller, report, at)).permitted:
            raise Problem("not-found")
        decision = access.judge(relate(access.caller, looked.state, at), DataClass.IDENTITY)
        outcome = await transact(
            self.desk.store,
            self.desk.decider,
            unmasking_id,
            OpenIdentity(unmasking_id, self.new_id(), access.caller.person, at),
            rules=self.rules,
            cause=_cause(access, decision),
            dry_run=not decision.permitted,
        )
        asked = _asked(outcome.state)
        if not decision.permitted or report.identified is None:
            raise Problem("not-found")
        known = report.identified.identity.model_dump(mode="json")
        identity: Document = {field: known[field] for field in asked.fields}
        shown = await self.edge.show(identity, access, identity_of(report.identified.reporter, asked.matter))
        document = {"unmasking_id": str(unmasking_id), "report_id": str(asked.report_id), "identity": shown}
        return document | {"open_until": outcome.state.open_until}

    async def _report(self, report_id: UUID) -> Report:
        return (await self.reports.store.load(self.reports.decider, report_id)).state

    async def _run(self, call: Call, unmasking_id: UUID, command: object, *, creates: Any = None) -> CommandAnswer:
        return await self.desk.execute(call, unmasking_id, command, rules=lambda _: self.rules, creates=creates)


def _with_identity(report: Report) -> ReportReceived:
    if report.received is None or report.identified is None:
        raise Rejected("unmasking-without-identity", "匿名检举控告没有登记身份，也不得查究。", pointer="/report_id")
    return report.received


def _asked(unmasking: Unmasking) -> UnmaskingRequested:
    assert unmasking.requested, "the desk shows only what was asked for"  # noqa: S101 - narrows the type
    return unmasking.requested


def _cause(access: Access, decision: Decision) -> Cause:
    policy = Policy(ids=decision.policies, digest=policies().digest)
    return Cause(actor=access.caller.actor(), correlation=access.trace_id, purpose=access.purpose, policy=policy)
