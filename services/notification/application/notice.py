"""Use cases of a notice 通知."""

from dataclasses import dataclass
from uuid import UUID

from services.notification.domain.notice.commands import AcknowledgeNotice
from services.notification.domain.notice.decisions import Notice
from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.authz.sight import PARTIES, Sight
from shared.kernel.clock import Clock
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.sealing import Edge

SIGHT = Sight(frozenset({Role.HANDLING_OFFICE, Role.EXTERNAL_AUDITOR}), PARTIES)


def visible(caller: Caller, notice: Notice) -> bool:
    """The addressee sees a notice, and so do the officers of its jurisdiction."""
    issued = notice.issued
    return issued is not None and SIGHT.sees(caller, issued.jurisdiction, (issued.party,))


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
            raise Problem("role-not-permitted")
        command = AcknowledgeNotice(notice_id, party, self.clock())
        return await self.desk.execute(call, notice_id, command, rules=lambda _: self.rules)
