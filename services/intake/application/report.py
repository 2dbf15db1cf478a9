"""Use cases of a report 检举控告: keep what is ours, closed, and of what is not ours nothing but that it was there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.application import requests
from services.intake.application.submission import KindOf
from services.intake.domain.report.commands import AssignReport, ReceiveReport, RecordReportRecusal, RecordTransfer
from services.intake.domain.report.decisions import Report
from services.intake.domain.report.identity import IdentityField
from services.intake.domain.report.organs import upper_ground
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
from shared.web.problems import Problem
from shared.web.sealing import Edge

CLASSES = {
    **dict.fromkeys(("matter", "jurisdiction", "channel", "managed_by", "level", "received_on"), DataClass.RECORD),
    **dict.fromkeys(("to_organ", "ground", "rule"), DataClass.RECORD),
    **dict.fromkeys(("concerned", "person_described", "content"), DataClass.REPORT),
    "identity": DataClass.IDENTITY,
    "office": DataClass.HANDLING,
    "recusals": DataClass.ENTITLEMENTS,
}


def relate(caller: Caller, report: Report, _: datetime) -> Facts:
    """Say how the caller stands to a report: where it was received, whom it is about, which office has it, who is out.

    What is about the head of the organ is for nobody in the organ but those who received it (R1 art 15), and never for
    the head, whatever else he is.
    """
    if report.jurisdiction is None:
        return Facts()
    received, sent_up = report.received, report.sent_up
    about_the_head = sent_up is not None and sent_up.ground == "head_of_organ"
    return Facts(
        within=caller.within(report.jurisdiction),
        concerned=received is not None and caller.party is not None and caller.party == received.concerned,
        unassigned=report.office is None,
        assigned=report.office is not None and caller.handles(report.office, ()),
        recused=caller.is_one_of(report.recused) or (about_the_head and not _received_it(caller)),
    )


def _received_it(caller: Caller) -> bool:
    return Role.PETITION_OFFICE in caller.roles and Role.DIC_HEAD not in caller.roles


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class Reports:
    """Receiving reports, and giving them to an office."""

    desk: CommandDesk[Report]
    edge: Edge
    rules: Rulebook
    clock: Clock
    new_id: NewId
    kind_of: KindOf

    async def receive(self, call: Call, body: requests.ReportReceipt) -> CommandAnswer:
        """接收检举控告; what has to go up leaves a record that it did, and its words end here; raises Problem."""
        if not call.caller.within(body.jurisdiction):
            raise Problem("jurisdiction-not-permitted")

        async def command(_: Report) -> ReceiveReport | RecordTransfer:
            if upper_ground(body.jurisdiction, body.managed_by, body.head_of_organ):
                return RecordTransfer(
                    report_id=body.report_id,
                    jurisdiction=body.jurisdiction,
                    managed_by=body.managed_by,
                    head_of_organ=body.head_of_organ,
                    received_on=body.received_on,
                    at=self.clock(),
                )
            return await self._kept(call.caller, body)

        def creates(made: ReceiveReport | RecordTransfer) -> Facts:
            return Facts(within=call.caller.within(made.jurisdiction))

        return await self._run(call, body.report_id, command, creates=creates)

    async def assign(self, call: Call, report_id: UUID, body: requests.ReportAssignment) -> CommandAnswer:
        """转交承办部门."""
        return await self._run(call, report_id, AssignReport(report_id, body.office, self.clock()))

    async def record_recusal(self, call: Call, report_id: UUID, body: requests.Recusal) -> CommandAnswer:
        """登记回避: others' by a head, of this organ or one above it (政务处分法 48); one's own by oneself."""
        by, heads = call.caller.subject, Role.DIC_HEAD in call.caller.roles
        command = RecordReportRecusal(report_id, body.person or by, body.ground, by, heads, self.clock())
        return await self._run(call, report_id, command)

    async def _kept(self, caller: Caller, body: requests.ReportReceipt) -> ReceiveReport:
        """Close every word: what was reported under the person reported, who reported under a pseudonym of his own."""
        if body.concerned is not None and await self.kind_of(caller, body.concerned) != "person":
            raise Rejected("party-unknown", "没有登记这名干部，请先登记当事人。", pointer="/concerned")
        matter, about = self.new_id(), body.concerned or body.report_id
        reporter = self.new_id() if body.reporter else None
        await self.edge.begin(about, matter)
        return ReceiveReport(
            report_id=body.report_id,
            matter=matter,
            jurisdiction=body.jurisdiction,
            channel=body.channel,
            managed_by=body.managed_by,
            head_of_organ=body.head_of_organ,
            received_on=body.received_on,
            concerned=body.concerned,
            person_described=await self.edge.seal(body.person_described, about, matter, "report.person_described"),
            content=await self.edge.seal(body.content, about, matter, "report.content"),
            reporter=reporter,
            identity=await self._identity(body.reporter, reporter, matter) if body.reporter and reporter else {},
            at=self.clock(),
        )

    async def _identity(
        self, told: requests.ReporterIdentity, reporter: UUID, matter: UUID
    ) -> dict[IdentityField, Sealed[str]]:
        await self.edge.begin(reporter, matter)
        closed: dict[IdentityField, Sealed[str]] = {}
        for field in requests.IDENTITY_FIELDS:
            text = await self.edge.seal(getattr(told, field), reporter, matter, f"reporter.{field}")
            if text is not None:
                closed[field] = text
        return closed

    async def _run(self, call: Call, report_id: UUID, command: object, *, creates: Any = None) -> CommandAnswer:
        return await self.desk.execute(call, report_id, command, rules=lambda _: self.rules, creates=creates)
