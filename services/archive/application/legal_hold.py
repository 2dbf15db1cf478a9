"""Use cases of a legal hold 保全."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.archive.application import requests
from services.archive.application.dossier import relate as relate_dossier
from services.archive.application.erasure import Gate, person
from services.archive.domain.legal_hold.commands import PlaceHold, ReleaseHold
from services.archive.domain.legal_hold.decisions import LegalHold
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.sealing import Edge

CLASSES = dict.fromkeys(
    (
        *("matter", "jurisdiction", "rules_version", "ground", "placed_by", "released_by"),
        *("refusals", "cleared"),
    ),
    DataClass.RECORD,
)


def relate(caller: Caller, hold: LegalHold, _: datetime) -> Facts:
    """Say how the caller stands to the hold on a matter: where it is."""
    return Facts(within=hold.jurisdiction is not None and caller.within(hold.jurisdiction))


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class LegalHolds:
    """Placing and releasing holds."""

    desk: CommandDesk[LegalHold]
    gate: Gate
    edge: Edge

    async def place(self, call: Call, body: requests.HoldPlacement) -> CommandAnswer:
        """保全 of the matter of a dossier that the caller may see; raises Problem `not-found` for any other."""
        dossier = await self.gate.dossier(body.case_id)
        opened = dossier.opened
        facts = relate_dossier(call.caller, dossier, self.gate.clock())
        if opened is None or not call.access.judge(facts).permitted:
            raise Problem("not-found")
        command = PlaceHold(
            opened.matter,
            opened.jurisdiction,
            opened.rules_version,
            body.ground,
            person(call.caller),
            self.gate.clock(),
        )
        return await self.desk.execute(call, opened.matter, command, creates=lambda _: facts)

    async def release(self, call: Call, matter: UUID) -> CommandAnswer:
        """解除保全."""
        command = ReleaseHold(matter, person(call.caller), self.gate.clock())
        return await self.desk.execute(call, matter, command)
