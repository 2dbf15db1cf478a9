"""Use cases of a dossier 卷宗."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.archive.application import requests
from services.archive.domain.dossier.commands import CompleteVolume
from services.archive.domain.dossier.decisions import Dossier
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.kernel.clock import Clock
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.sealing import Edge

CLASSES = {
    **dict.fromkeys(("matter", "jurisdiction", "rules_version"), DataClass.RECORD),
    **dict.fromkeys(("office", "persons"), DataClass.HANDLING),
    **dict.fromkeys(("concerned", "applicant"), DataClass.PEOPLE),
    **dict.fromkeys(("targets", "papers", "completed_on", "pages", "retention"), DataClass.FILE),
}


def relate(caller: Caller, dossier: Dossier, _: datetime) -> Facts:
    """Say how the caller stands to a dossier: where it is, whether it is about him, he had the case or is recused."""
    entrusted = dossier.entrusted
    within = dossier.opened is not None and caller.within(dossier.opened.jurisdiction)
    if entrusted is None:
        return Facts(within=within)
    return Facts(
        within=within,
        concerned=caller.party == entrusted.concerned,
        applicant=caller.party is not None and caller.party == entrusted.applicant,
        assigned=caller.handles(entrusted.office, entrusted.persons),
        recused=caller.is_one_of(entrusted.recused),
    )


PROTECTION = Protection(relate, CLASSES)


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
