"""Use cases of an erasure 清除: ask, approve, execute; `application.destruction` then destroys the keys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.archive.application import requests
from services.archive.application.dossier import relate as relate_dossier
from services.archive.domain.dossier.decisions import Dossier
from services.archive.domain.erasure.commands import ApproveErasure, ExecuteErasure, RequestErasure
from services.archive.domain.erasure.decisions import Erasure
from services.archive.domain.legal_hold.commands import ConsiderErasure
from services.archive.domain.legal_hold.decisions import LegalHold, State
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.kernel.clock import Clock
from shared.kernel.decider import Decider
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.sealing import Edge

CLASSES = dict.fromkeys(
    (
        *("case_id", "matter", "jurisdiction", "rules_version", "subject", "identity", "ground", "requested_by"),
        *("digest", "approvals", "keys", "destroyed_at"),
    ),
    DataClass.RECORD,
)


def relate(caller: Caller, erasure: Erasure, _: datetime) -> Facts:
    """Say how the caller stands to an erasure: where it is."""
    return Facts(within=erasure.jurisdiction is not None and caller.within(erasure.jurisdiction))


PROTECTION = Protection(relate, CLASSES)


def person(caller: Caller) -> str:
    """Return the one name under which a caller asks and approves: no two issuers share a person."""
    return f"{caller.issuer}#{caller.subject}"


class Links(Protocol):
    """What a subject and a matter are connected with, as far as the archive has taken the logs in."""

    async def other_matters(self, subject: UUID, matter: UUID) -> Sequence[UUID]:
        """Return the other matters in which the subject stands and from which it is not erased."""
        ...

    async def dossiers_of(self, matter: UUID) -> Sequence[UUID]:
        """Return the dossiers of a matter."""
        ...


@dataclass(frozen=True)
class Gate:
    """What stands between a request and the destruction: retention, other matters, legal holds."""

    store: EventStore
    dossiers: Decider[Dossier]
    holds: Decider[LegalHold]
    links: Links
    clock: Clock

    async def retention(self, matter: UUID, case_id: UUID) -> tuple[str | None, date | None]:
        """Return retention and day of completion of the matter's dossier; of several the one that is kept longest."""
        found = [await self.dossier(each) for each in {case_id, *await self.links.dossiers_of(matter)}]
        return max((_kept(dossier) for dossier in found), key=_length)

    async def dossier(self, case_id: UUID) -> Dossier:
        """Return a dossier as it stands."""
        return (await self.store.load(self.dossiers, case_id)).state

    async def consider(self, consideration: ConsiderErasure, cause: Cause, *, dry_run: bool) -> LegalHold:
        """Ask the holds on the matter; their answer is a fact before anything is destroyed."""
        outcome = await transact(
            self.store, self.holds, consideration.matter, consideration, rules=None, cause=cause, dry_run=dry_run
        )
        return outcome.state

    async def execution(self, erasure: Erasure) -> ExecuteErasure:
        """Return the command that executes `erasure`, with all that is judged, as if no hold stood in its way."""
        asked = erasure.requested
        if asked is None:
            return ExecuteErasure(UUID(int=0), None, None, False, (), self.clock())
        retention, completed_on = await self.retention(asked.matter, asked.case_id)
        others = await self.links.other_matters(asked.subject, asked.matter) if asked.identity else ()
        return ExecuteErasure(asked.erasure_id, retention, completed_on, True, tuple(others), self.clock())

    async def cleared(self, erasure: Erasure, cause: Cause, *, dry_run: bool) -> bool:
        """Tell whether no hold was in force when the erasure went on: the point of no return."""
        asked = erasure.requested
        if asked is None:
            return False
        consideration = ConsiderErasure(
            asked.erasure_id,
            asked.subject,
            asked.matter,
            asked.jurisdiction,
            asked.rules_version,
            final=True,
            at=self.clock(),
        )
        return asked.erasure_id in (await self.consider(consideration, cause, dry_run=dry_run)).cleared


@dataclass(frozen=True)
class Erasures:
    """Asking for an erasure, approving it, executing it."""

    desk: CommandDesk[Erasure]
    gate: Gate
    edge: Edge

    async def request(self, call: Call, body: requests.ErasureRequest) -> CommandAnswer:
        """申请清除 of what a dossier holds that the caller may see; raises Problem `not-found` for any other."""

        async def command(_: Erasure) -> RequestErasure:
            dossier = await self.gate.dossier(body.case_id)
            opened, facts = dossier.opened, relate_dossier(call.caller, dossier, self.gate.clock())
            if opened is None or not call.access.judge(facts).permitted:
                raise Problem("not-found")
            retention, completed_on = await self.gate.retention(opened.matter, body.case_id)
            consideration = ConsiderErasure(
                body.erasure_id,
                body.subject,
                opened.matter,
                opened.jurisdiction,
                opened.rules_version,
                final=False,
                at=self.gate.clock(),
            )
            cause = call.cause(call.access.judge(facts))
            hold = await self.gate.consider(consideration, cause, dry_run=call.dry_run)
            others = await self.gate.links.other_matters(body.subject, opened.matter) if body.identity else ()
            return RequestErasure(
                erasure_id=body.erasure_id,
                case_id=body.case_id,
                matter=opened.matter,
                jurisdiction=opened.jurisdiction,
                rules_version=opened.rules_version,
                subject=body.subject,
                identity=body.identity,
                ground=body.ground,
                by=person(call.caller),
                retention=retention,
                completed_on=completed_on,
                held=hold.state is State.HELD,
                other_matters=tuple(others),
                at=self.gate.clock(),
            )

        def facts(made: RequestErasure) -> Facts:
            return Facts(within=call.caller.within(made.jurisdiction))

        return await self.desk.execute(call, body.erasure_id, command, creates=facts)

    async def approve(self, call: Call, erasure_id: UUID, body: requests.ErasureApproval) -> CommandAnswer:
        """核准清除."""
        command = ApproveErasure(erasure_id, body.digest, person(call.caller), self.gate.clock())
        return await self.desk.execute(call, erasure_id, command)

    async def execute(self, call: Call, erasure_id: UUID) -> CommandAnswer:
        """执行清除: the holds are asked last, when nothing else stands in its way."""

        async def command(erasure: Erasure) -> ExecuteErasure:
            execution = await self.gate.execution(erasure)
            if not self.desk.decider.decide(execution, erasure, rules=None):
                return execution
            cause = call.cause(call.access.judge(relate(call.caller, erasure, self.gate.clock())))
            return replace(execution, cleared=await self.gate.cleared(erasure, cause, dry_run=call.dry_run))

        return await self.desk.execute(call, erasure_id, command)


def _kept(dossier: Dossier) -> tuple[str | None, date | None]:
    volume = dossier.completed
    return (None, None) if volume is None else (volume.retention, volume.completed_on)


def _length(kept: tuple[str | None, date | None]) -> tuple[int, date]:
    """Order retentions: one that is not known keeps longest."""
    retention, completed_on = kept
    order = {"short": 0, "long": 1, "permanent": 2}
    return order.get(retention or "", 3), completed_on or date.max
