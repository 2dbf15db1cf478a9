"""Use cases of a notice 通知."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notification.domain.notice.commands import AcknowledgeNotice
from services.notification.domain.notice.decisions import Notice
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.kernel.clock import Clock
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.sealing import Edge

CLASSES = dict.fromkeys(
    ("party", "matter", "jurisdiction", "rules_version", "template", "about_service", "about_id", "acknowledged_on"),
    DataClass.RECORD,
)


def relate(caller: Caller, notice: Notice, _: datetime) -> Facts:
    """Say how the caller stands to a notice: where it is, and whether it is addressed to him."""
    issued = notice.issued
    if issued is None:
        return Facts()
    return Facts(within=caller.within(issued.jurisdiction), concerned=caller.party == issued.party)


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class Notices:
    """What an addressee does with a notice."""

    desk: CommandDesk[Notice]
    edge: Edge
    rules: Rulebook
    clock: Clock

    async def acknowledge(self, call: Call, notice_id: UUID) -> CommandAnswer:
        """签收; raises Problem for a caller who is no party."""
        party = call.caller.party
        if party is None:
            raise Problem("not-found")
        command = AcknowledgeNotice(notice_id, party, self.clock())
        return await self.desk.execute(call, notice_id, command, rules=lambda _: self.rules)
