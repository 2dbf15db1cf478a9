"""Use cases of an erasure 清除: ask, approve, execute; `application.destruction` then destroys the keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol, TypedDict
from uuid import UUID

from services.archive.application import exclusion, requests
from services.archive.domain.dossier.decisions import Dossier
from services.archive.domain.erasure.commands import ApproveErasure, ExecuteErasure, RequestErasure
from services.archive.domain.erasure.decisions import Erasure
from services.archive.domain.erasure.events import ErasureRequested
from services.archive.domain.legal_hold.commands import ConsiderErasure
from services.archive.domain.legal_hold.decisions import LegalHold, State
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.policy_engine import Decision
from shared.authz.protection import Protection
from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.kernel.clock import Clock
from shared.kernel.decider import Decider
from shared.kernel.excluded import Excluded
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
    """Say how the caller stands to an erasure: where it is, whether it is his own affair, whether he is recused."""
    asked = erasure.requested
    return exclusion.facts(caller, asked.excluded, asked.jurisdiction, asked.subject) if asked else Facts()


PROTECTION = Protection(relate, CLASSES)


class Links(Protocol):
    """What a subject and a matter are connected with, as far as the archive has taken the logs in."""

    async def stands_in(self, subject: UUID, matter: UUID) -> bool:
        """Tell whether the subject stands in an event of the matter."""
        ...

    async def registered_in(self, subject: UUID) -> str | None:
        """Return the jurisdiction in which the subject was registered, None when the archive does not know it."""
        ...

    async def other_matters(self, subject: UUID, matter: UUID) -> Sequence[UUID]:
        """Return the other matters in which the subject stands and from which it is not erased."""
        ...

    async def dossiers_of(self, matter: UUID) -> Sequence[UUID]:
        """Return the dossiers of a matter."""
        ...


class Judged(TypedDict):
    """What is found out about a subject and a matter, when an erasure is asked for and again when it is executed."""

    retention: str | None
    completed_on: date | None
    other_matters: tuple[UUID, ...]
    in_matter: bool
    registered_here: bool


@dataclass(frozen=True)
class Gate:
    """What stands between a request and the destruction: who is concerned, retention, other matters, legal holds."""

    store: EventStore
    dossiers: Decider[Dossier]
    holds: Decider[LegalHold]
    links: Links
    clock: Clock

    async def dossier(self, case_id: UUID) -> Dossier:
        """Return a dossier as it stands."""
        return (await self.store.load(self.dossiers, case_id)).state

    async def dossiers_of(self, matter: UUID) -> Sequence[Dossier]:
        """Return the dossiers of a matter as they stand."""
        return [await self.dossier(case_id) for case_id in await self.links.dossiers_of(matter)]

    async def admit(
        self, call: Call, matter: UUID | None, jurisdiction: str | None, subject: UUID | None = None
    ) -> tuple[Excluded, Decision]:
        """Return whom the matter's dossiers exclude today, and what permits the call; raises Problem `not-found`."""
        excluded = exclusion.excluded_from(await self.dossiers_of(matter) if matter else ())
        decision = call.access.judge(exclusion.facts(call.caller, excluded, jurisdiction, subject))
        if not decision.permitted:
            raise Problem("not-found")
        return excluded, decision

    async def judged(self, subject: UUID, matter: UUID, *, identity: bool, within: Callable[[str], bool]) -> Judged:
        """Judge the erasure of a subject; `within` tells where whoever wants it acts.

        Of several dossiers of the matter the one counts that is kept longest.
        """
        kept = [_kept(dossier) for dossier in await self.dossiers_of(matter)]
        retention, completed_on = max(kept, key=_length, default=(None, None))
        registered_in = await self.links.registered_in(subject) if identity else None
        return Judged(
            retention=retention,
            completed_on=completed_on,
            other_matters=tuple(await self.links.other_matters(subject, matter)) if identity else (),
            in_matter=await self.links.stands_in(subject, matter),
            registered_here=registered_in is not None and within(registered_in),
        )

    async def consider(self, consideration: ConsiderErasure, cause: Cause, *, dry_run: bool) -> LegalHold:
        """Ask the holds on the matter; their answer is a fact before anything is destroyed."""
        outcome = await transact(
            self.store, self.holds, consideration.matter, consideration, rules=None, cause=cause, dry_run=dry_run
        )
        return outcome.state

    async def execution(self, asked: ErasureRequested, within: Callable[[str], bool]) -> ExecuteErasure:
        """Return the command that executes what was asked, with all that is judged, as if no hold stood in its way."""
        judged = await self.judged(asked.subject, asked.matter, identity=asked.identity, within=within)
        return ExecuteErasure(asked.erasure_id, **judged, cleared=True, at=self.clock())

    async def cleared(self, asked: ErasureRequested, cause: Cause, *, dry_run: bool) -> bool:
        """Tell whether no hold was in force when the erasure went on: the point of no return."""
        consideration = ConsiderErasure(
            asked.erasure_id,
            asked.subject,
            asked.matter,
            asked.jurisdiction,
            asked.rules_version,
            asked.excluded,
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
            opened = (await self.gate.dossier(body.case_id)).opened
            if opened is None:
                raise Problem("not-found")
            excluded, decision = await self.gate.admit(call, opened.matter, opened.jurisdiction, body.subject)
            judged = await self.gate.judged(
                body.subject, opened.matter, identity=body.identity, within=call.caller.within
            )
            consideration = ConsiderErasure(
                body.erasure_id,
                body.subject,
                opened.matter,
                opened.jurisdiction,
                opened.rules_version,
                excluded,
                final=False,
                at=self.gate.clock(),
            )
            held = judged["in_matter"] and await self._held(call, consideration, decision)
            return RequestErasure(
                erasure_id=body.erasure_id,
                case_id=body.case_id,
                matter=opened.matter,
                jurisdiction=opened.jurisdiction,
                rules_version=opened.rules_version,
                subject=body.subject,
                identity=body.identity,
                ground=body.ground,
                by=call.caller.person,
                **judged,
                held=held,
                excluded=excluded,
                at=self.gate.clock(),
            )

        def facts(made: RequestErasure) -> Facts:
            return exclusion.facts(call.caller, made.excluded, made.jurisdiction, made.subject)

        return await self.desk.execute(call, body.erasure_id, command, creates=facts)

    async def approve(self, call: Call, erasure_id: UUID, body: requests.ErasureApproval) -> CommandAnswer:
        """核准清除."""

        async def command(erasure: Erasure) -> ApproveErasure:
            asked = erasure.requested
            await self.gate.admit(call, erasure.matter, erasure.jurisdiction, asked.subject if asked else None)
            return ApproveErasure(erasure_id, body.digest, call.caller.person, self.gate.clock())

        return await self.desk.execute(call, erasure_id, command)

    async def execute(self, call: Call, erasure_id: UUID) -> CommandAnswer:
        """执行清除: the holds are asked last, when nothing else stands in its way."""

        async def command(erasure: Erasure) -> ExecuteErasure:
            asked = erasure.requested
            if asked is None:
                raise Problem("not-found")
            _, decision = await self.gate.admit(call, asked.matter, asked.jurisdiction, asked.subject)
            execution = await self.gate.execution(asked, call.caller.within)
            if not self.desk.decider.decide(execution, erasure, rules=None):
                return execution
            return replace(
                execution, cleared=await self.gate.cleared(asked, call.cause(decision), dry_run=call.dry_run)
            )

        return await self.desk.execute(call, erasure_id, command)

    async def _held(self, call: Call, consideration: ConsiderErasure, decision: Decision) -> bool:
        hold = await self.gate.consider(consideration, call.cause(decision), dry_run=call.dry_run)
        return hold.state is State.HELD


def _kept(dossier: Dossier) -> tuple[str | None, date | None]:
    volume = dossier.completed
    return (None, None) if volume is None else (volume.retention, volume.completed_on)


def _length(kept: tuple[str | None, date | None]) -> tuple[int, date]:
    """Order retentions: one that is not known keeps longest."""
    retention, completed_on = kept
    order = {"short": 0, "long": 1, "permanent": 2}
    return order.get(retention or "", 3), completed_on or date.max
