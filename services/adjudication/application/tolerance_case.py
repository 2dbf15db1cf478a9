"""Use cases of a tolerance case 容错案件: seal what was said, build the command, hand it to the desk."""

from dataclasses import dataclass
from datetime import datetime
from typing import overload
from uuid import UUID

from services.adjudication.application import requests
from services.adjudication.domain.tolerance_case import commands
from services.adjudication.domain.tolerance_case.state import ToleranceCase
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import GRANTS, Facts
from shared.authz.protection import Protection
from shared.authz.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.sealed import Sealed
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.sealing import Edge

CLASSES = {
    **dict.fromkeys(("matter", "submission_id", "jurisdiction", "rules_version", "source"), DataClass.RECORD),
    **dict.fromkeys(("situations", "act_on"), DataClass.RECORD),
    **dict.fromkeys(("concerned", "applicant", "notify"), DataClass.PEOPLE),
    **dict.fromkeys(("office", "persons"), DataClass.HANDLING),
    **dict.fromkeys(("access_grants", "access_ends", "recusals"), DataClass.ENTITLEMENTS),
    **dict.fromkeys(("officers", "opened_on", "investigation_records", "reported_on"), DataClass.INVESTIGATION),
    "signed_by": DataClass.INVESTIGATION,
    **dict.fromkeys(("facts", "eligibility", "conditions", "exclusions"), DataClass.EXTRACT),
    "defences": DataClass.STATEMENT,
    **dict.fromkeys(("outcome", "grounds", "concluded_on", "reasons", "protections"), DataClass.CONCLUSION),
    **dict.fromkeys(("fed_back_on", "explained"), DataClass.CONCLUSION),
    **dict.fromkeys(("recognitions", "decided_by", "departure_reasons", "legality_confirmed"), DataClass.VOTES),
}
LEADERS = frozenset({Role.DIC_HEAD, Role.DIC_LEADER})


def relate(caller: Caller, case: ToleranceCase, at: datetime) -> Facts:
    """Say how the caller stands to a case: whose it is, who has it, who is let in for a time, who is out."""
    first, handled = case.initiated, case.handled
    if first is None:
        return Facts()
    granted = case.granted(caller.subject, at)
    return Facts(
        within=caller.within(first.jurisdiction),
        concerned=caller.party == first.concerned,
        applicant=caller.party is not None and caller.party == first.applicant,
        unassigned=handled is None,
        assigned=handled is not None and caller.handles(handled.office, handled.persons),
        recused=caller.is_one_of(case.recused),
        concluded=case.concluded is not None,
        **{fact: role in granted for role, fact in GRANTS.items()},
    )


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class ToleranceCases:
    """What officers and the committee do with a case."""

    desk: CommandDesk[ToleranceCase]
    edge: Edge
    rules: Rulebook
    clock: Clock

    async def open_investigation(self, call: Call, case_id: UUID, body: requests.Investigation) -> CommandAnswer:
        """开展调查核实."""
        clerk, office = call.caller.subject, call.caller.organisation
        command = commands.OpenInvestigation(case_id, body.officers, body.opened_on, self.clock(), clerk, office)
        return await self._run(call, case_id, command)

    async def record_investigation(self, call: Call, case_id: UUID, body: requests.Record) -> CommandAnswer:
        """记录调查核实."""

        async def command(case: ToleranceCase) -> commands.RecordInvestigation:
            return commands.RecordInvestigation(
                case_id=case_id,
                record_id=body.record_id,
                kind=body.kind,
                on=body.on,
                officers=body.officers,
                note=await self._seal(case, "note", body.note),
                signed_by_interviewed=body.signed_by_interviewed,
                at=self.clock(),
                clerk=call.caller.subject,
            )

        return await self._run(call, case_id, command)

    async def hear_defence(self, call: Call, case_id: UUID, body: requests.Defence) -> CommandAnswer:
        """听取申辩."""

        async def command(case: ToleranceCase) -> commands.HearDefence:
            statement = await self._seal(case, "statement", body.statement)
            at, clerk = self.clock(), call.caller.subject
            return commands.HearDefence(case_id, body.on, statement, body.waiver_signed, body.heard_by, at, clerk)

        return await self._run(call, case_id, command)

    async def file_report(self, call: Call, case_id: UUID, body: requests.Report) -> CommandAnswer:
        """形成调查报告."""

        async def command(case: ToleranceCase) -> commands.FileReport:
            return commands.FileReport(
                case_id=case_id,
                on=body.on,
                facts=await self._seal(case, "facts", body.facts),
                eligibility=await self._seal(case, "eligibility", body.eligibility),
                situations=body.situations,
                conditions=body.conditions,
                exclusions=body.exclusions,
                signed_by=body.signed_by,
                at=self.clock(),
                clerk=call.caller.subject,
            )

        return await self._run(call, case_id, command)

    async def recognise_situation(self, call: Call, case_id: UUID, body: requests.Recognition) -> CommandAnswer:
        """认定其他情形."""

        async def command(case: ToleranceCase) -> commands.RecogniseSituation:
            reasons = await self._seal(case, "reasons", body.reasons)
            at, clerk = self.clock(), call.caller.subject
            return commands.RecogniseSituation(case_id, body.situation, reasons, body.recognised_by, body.on, at, clerk)

        return await self._run(call, case_id, command)

    async def conclude(self, call: Call, case_id: UUID, body: requests.Conclusion) -> CommandAnswer:
        """作出认定."""

        async def command(case: ToleranceCase) -> commands.ConcludeCase:
            return commands.ConcludeCase(
                case_id=case_id,
                outcome=body.outcome,
                grounds=body.grounds,
                reasons=await self._seal(case, "reasons", body.reasons),
                decided_by=body.decided_by,
                legality_confirmed=body.legality_confirmed,
                concluded_on=body.concluded_on,
                departure_reasons=await self._seal(case, "departure_reasons", body.departure_reasons),
                at=self.clock(),
                clerk=call.caller.subject,
            )

        return await self._run(call, case_id, command)

    async def give_feedback(self, call: Call, case_id: UUID, body: requests.Feedback) -> CommandAnswer:
        """反馈."""
        return await self._run(call, case_id, commands.GiveFeedback(case_id, body.on, body.explained, self.clock()))

    async def assign_office(self, call: Call, case_id: UUID, body: requests.Assignment) -> CommandAnswer:
        """确定承办部门."""
        return await self._run(call, case_id, commands.AssignOffice(case_id, body.office, self.clock()))

    async def grant_access(self, call: Call, case_id: UUID, body: requests.Grant) -> CommandAnswer:
        """阅卷授权."""
        command = commands.GrantAccess(case_id, body.grant_id, body.person, body.role, body.ends_at, self.clock())
        return await self._run(call, case_id, command)

    async def end_access(self, call: Call, case_id: UUID, grant_id: UUID) -> CommandAnswer:
        """终止阅卷授权."""
        return await self._run(call, case_id, commands.EndAccess(case_id, grant_id, self.clock()))

    async def record_recusal(self, call: Call, case_id: UUID, body: requests.Recusal) -> CommandAnswer:
        """登记回避."""
        by, leads = call.caller.subject, bool(call.caller.roles & LEADERS)
        command = commands.RecordRecusal(case_id, body.person or by, body.ground, by, leads, self.clock())
        return await self._run(call, case_id, command)

    async def _run(self, call: Call, case_id: UUID, command: object) -> CommandAnswer:
        return await self.desk.execute(call, case_id, command, rules=lambda _: self.rules)

    @overload
    async def _seal(self, case: ToleranceCase, field: str, text: str) -> Sealed[str]: ...
    @overload
    async def _seal(self, case: ToleranceCase, field: str, text: str | None) -> Sealed[str] | None: ...
    async def _seal(self, case: ToleranceCase, field: str, text: str | None) -> Sealed[str] | None:
        """Seal under the key of the cadre concerned in this matter."""
        assert case.initiated, "the desk shows only cases that were initiated"  # noqa: S101 - narrows the type
        return await self.edge.seal(text, case.initiated.concerned, case.initiated.matter, f"tolerance_case.{field}")
