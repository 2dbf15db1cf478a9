"""Use cases of a dossier 卷宗."""

from dataclasses import dataclass
from uuid import UUID

from services.archive.application import requests
from services.archive.domain.dossier.commands import CompleteVolume
from services.archive.domain.dossier.decisions import Dossier
from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.authz.sight import Sight
from shared.kernel.clock import Clock
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.sealing import Edge

SIGHT = Sight(frozenset({Role.ARCHIVIST, Role.HANDLING_OFFICE, Role.ADJUDICATION_COMMITTEE, Role.EXTERNAL_AUDITOR}))


def visible(caller: Caller, dossier: Dossier) -> bool:
    """Officers see the dossiers of their jurisdictions."""
    return dossier.opened is not None and SIGHT.sees(caller, dossier.opened.jurisdiction)


@dataclass(frozen=True)
class Dossiers:
    """What archivists do with a dossier."""

    desk: CommandDesk[Dossier]
    edge: Edge
    rules: Rulebook
    clock: Clock

    async def complete_volume(self, call: Call, case_id: UUID, body: requests.Volume) -> CommandAnswer:
        """案结卷成."""
        command = CompleteVolume(case_id, body.on, body.pages, body.retention, self.clock())
        return await self.desk.execute(call, case_id, command, rules=lambda _: self.rules)
