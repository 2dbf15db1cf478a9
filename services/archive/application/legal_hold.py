"""Use cases of a legal hold 保全."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.archive.application import exclusion, requests
from services.archive.application.erasure import Gate
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
    """Say how the caller stands to the hold on a matter: where it is, whether it is his own affair or he is recused."""
    return exclusion.facts(caller, hold.excluded, hold.jurisdiction)


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class LegalHolds:
    """Placing and releasing holds."""

    desk: CommandDesk[LegalHold]
    gate: Gate
    edge: Edge

    async def place(self, call: Call, body: requests.HoldPlacement) -> CommandAnswer:
        """保全 of the matter of a dossier that the caller may see; raises Problem `not-found` for any other."""
        opened = (await self.gate.dossier(body.case_id)).opened
        if opened is None:
            raise Problem("not-found")
        excluded, _ = await self.gate.admit(call, opened.matter, opened.jurisdiction)
        facts = exclusion.facts(call.caller, excluded, opened.jurisdiction)
        command = PlaceHold(
            opened.matter,
            opened.jurisdiction,
            opened.rules_version,
            body.ground,
            call.caller.person,
            excluded,
            self.gate.clock(),
        )
        return await self.desk.execute(call, opened.matter, command, creates=lambda _: facts)

    async def release(self, call: Call, matter: UUID) -> CommandAnswer:
        """解除保全."""

        async def command(hold: LegalHold) -> ReleaseHold:
            await self.gate.admit(call, hold.matter, hold.jurisdiction)
            return ReleaseHold(matter, call.caller.person, self.gate.clock())

        return await self.desk.execute(call, matter, command)
