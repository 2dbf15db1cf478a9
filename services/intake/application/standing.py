"""Use cases of standing 访问资格: the event first, then the table that every service asks; only then the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.application import requests
from services.intake.domain.standing.commands import EndWithdrawal, WithdrawAccess
from services.intake.domain.standing.decisions import Standing, State
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.authz.standing import Standing as Enforced
from shared.authz.standing import Withdrawal
from shared.kernel.clock import Clock
from shared.kernel.errors import Rejected
from shared.kernel.ids import new_id
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.sealing import Edge

CLASSES = dict.fromkeys(("issuer", "subject", "reason"), DataClass.RECORD)


def relate(_caller: Caller, _standing: Standing, _at: datetime) -> Facts:
    """Say that whose access is withdrawn is nobody's own and of no place: the role alone counts."""
    return Facts()


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class Standings:
    """Withdrawing access, and giving it back; `issuers` are all whose callers can be admitted."""

    desk: CommandDesk[Standing]
    edge: Edge
    enforced: Enforced
    issuers: Collection[str]
    clock: Clock

    async def withdraw(self, call: Call, body: requests.AccessWithdrawal) -> CommandAnswer:
        """收回访问权限: nobody of this name is admitted any more when this returns; raises Problem, Rejected."""
        if body.issuer not in self.issuers:
            raise Rejected("issuer-unknown", "本系统不信任该签发者，请按事件或者访问记录填写。", pointer="/issuer")
        withdrawal = new_id()
        command = WithdrawAccess(body.issuer, body.subject, body.reason, self.clock())
        answer = await self.desk.execute(call, withdrawal, command, creates=lambda _: Facts())
        if not call.dry_run:
            await self._enforce(UUID(answer.headers["Location"].rpartition("/")[2]))
        return answer

    async def end(self, call: Call, withdrawal: UUID) -> CommandAnswer:
        """恢复访问权限: this withdrawal counts no more when this returns; raises Problem."""
        answer = await self.desk.execute(call, withdrawal, EndWithdrawal(self.clock()))
        if not call.dry_run:
            await self._enforce(withdrawal)
        return answer

    async def _enforce(self, withdrawal: UUID) -> None:
        """Make the table what the events say; a repeated request, too, so that a lost answer can be asked for again."""
        standing = (await self.desk.store.load(self.desk.decider, withdrawal)).state
        event = standing.withdrawn
        if event is not None:
            ended = standing.state == State.ENDED
            await self.enforced.settle([Withdrawal(withdrawal, event.issuer, event.subject, ended)])
