"""The command desk of one aggregate: the one order in which every command is judged, written and answered.

Permitted? → the same request before? → If-Match → build the command (only now is anything sealed) → decide and append.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from shared.authz.access import Access
from shared.authz.facts import Facts
from shared.authz.policy_engine import Decision
from shared.authz.protection import Protection
from shared.eventstore.append import IdempotencyRecord, KnownKey
from shared.eventstore.cache import Folded
from shared.eventstore.errors import KeyKnown, VersionConflict
from shared.eventstore.read_after import ReadAfter
from shared.eventstore.store import EventStore, until
from shared.eventstore.transact import Outcome, transact
from shared.kernel.decider import Decider, S
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.web.commands import Call
from shared.web.event_sight import EventSight
from shared.web.problems import Happened, Problem
from shared.web.reads import Moment, etag
from shared.web.sealing import rehearsal

ANSWER_WITHIN_S = 20
_TOLD_SINCE = 50
_NOW = Moment(at_version=None, as_of=None)


class CommandResult(BaseModel):
    """What stands after the command."""

    id: UUID
    state: str | None
    version: int
    href: str


class PlannedEvent(BaseModel):
    """An event that the command would write."""

    type: str
    schema_version: int
    leads_to: str | None


class DryRun(BaseModel):
    """What the command would do; nothing was written."""

    dry_run: Literal[True] = True
    state: str | None
    version: int
    events: list[PlannedEvent]


class CommandAnswer(Response):
    """The answer to a command; a route returns it as it is. One that `plans` has only shown something: it is a read."""

    media_type = "application/json"

    def __init__(self, body: BaseModel, status: int, headers: dict[str, str]) -> None:
        self.plans = isinstance(body, DryRun)
        super().__init__(body.model_dump_json(), status, headers)


def no_rules(_: object) -> None:
    """The rules of an aggregate that has none."""


@dataclass(frozen=True)
class CommandDesk(Generic[S]):
    """Takes the commands of one aggregate.

    `protection` says how a caller stands to the aggregate, `represent(state)` the name of its state, `location(id)` the
    path of its representation, `history` the operation that reads its history, if there is one. What is not permitted
    looks as if it did not exist.
    """

    store: EventStore
    decider: Decider[S]
    protection: Protection[S]
    represent: Callable[[S], str | None]
    location: Callable[[UUID], str]
    read_after: ReadAfter
    history: str | None = None

    async def look(self, access: Access, aggregate_id: UUID) -> Folded[S]:
        """Return the aggregate as it stands; raises Problem `not-found` also when this is not permitted."""
        folded = await self.store.load(self.decider, aggregate_id)
        self._judge(access, folded.version, folded.state)
        return folded

    async def recall(self, access: Access, aggregate_id: UUID, moment: Moment = _NOW) -> tuple[list[Event], Facts]:
        """Return the events up to `moment`, oldest first, and how the caller stands to the aggregate now.

        Raises Problem `not-found` as `look` does.
        """
        stored = await self.store.log.read_stream(self.decider.stream(aggregate_id))
        decode = self.decider.codec.decode
        events = [decode(event.type, event.schema_version, event.payload) for event in stored]
        state = self.decider.fold(self.decider.initial, events)
        self._judge(access, len(events), state)
        if moment.as_of is not None:
            events = events[: len(until(stored, moment.as_of))]
        count = len(events) if moment.at_version is None else moment.at_version
        if not 0 < count <= len(events):
            raise Problem("not-found")
        return events[:count], self._facts(access, state)

    async def execute(
        self,
        call: Call,
        aggregate_id: UUID,
        command: object | Callable[[S], Awaitable[object]],
        *,
        rules: Callable[[S], Any] = no_rules,
        creates: Callable[[Any], Facts] | None = None,
    ) -> CommandAnswer:
        """Run `command`, or what the coroutine function `command(state)` builds; `rules(state)` go to `decide`.

        With `creates` the id is a fresh one: nothing has to be there or matched, `creates(command)` tells how the
        caller stands to what is to be, and the answer is 201. Raises Problem, Rejected and what `transact` raises; each
        has its answer in `shared.web.handlers`.
        """
        current, known = await self.store.look(self.decider, aggregate_id, scope=call.scope, key=call.idempotency_key)
        if known and await self._gave_it_up(call, aggregate_id, known):
            return await self._replay(call, known)
        decision = None if creates else self._judge(call.access, current.version, current.state)
        if known and not call.dry_run:
            return await self._replay(call, known)
        if not creates:
            await self._match(call, aggregate_id, current)
        elif call.if_match is not None:  # there is no version of what does not exist
            raise Problem("etag-stale", current_version=0, since=[])
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                made = await self._made(call, command, current.state)
                decision = decision or self._judge_new(call.access, creates(made) if creates else Facts(), current)
                outcome = await self._transact(
                    call,
                    aggregate_id,
                    made,
                    current=current,
                    rules=rules(current.state),
                    decision=decision,
                    new=bool(creates),
                )
        except KeyKnown as twin:
            return await self._replay(call, twin.record)
        except Rejected:
            # A faster twin may have used up what the command is built of, for example a draft.
            if not call.dry_run and (known := await self._known(call)):
                return await self._replay(call, known)
            raise
        except VersionConflict:
            if not creates:
                moved_on = await self.look(call.access, aggregate_id)
                await self._match(call, aggregate_id, moved_on)
            raise
        return self._answer(call, aggregate_id, outcome, bool(creates))

    async def _made(self, call: Call, command: object | Callable[[S], Awaitable[object]], state: S) -> object:
        with rehearsal(call.dry_run):
            return await command(state) if callable(command) else command

    def _facts(self, access: Access, state: S) -> Facts:
        return self.protection.relate(access.caller, state, self.store.clock())

    def sight(self, access: Access, action: str, state: S) -> EventSight:
        """Return what `action`, the reading of the history, lets the caller know of the events."""
        return EventSight(access, action, self._facts(access, state), self.protection, self.decider.codec.types)

    def _judge(self, access: Access, version: int, state: S) -> Decision:
        """Return what permits it; raises Problem `not-found`."""
        if version:
            decision = access.judge(self._facts(access, state))
            if decision.permitted:
                return decision
        raise Problem("not-found")

    def _judge_new(self, access: Access, facts: Facts, current: Folded[S]) -> Decision:
        """Return what permits to make the thing; nothing has to be hidden, so the refusal says what it is.

        But an id that stands for a thing which the caller could not have made is taken, by what is not said.
        """
        decision = access.judge(facts)
        if not decision.permitted:
            raise Problem("not-permitted-here" if facts.within else "jurisdiction-not-permitted")
        if current.version and not access.may_also(access.action, self._facts(access, current.state)):
            raise Problem("id-taken")
        return decision

    async def _transact(
        self,
        call: Call,
        aggregate_id: UUID,
        command: object,
        *,
        current: Folded[S],
        rules: Any,
        decision: Decision,
        new: bool,
    ) -> Outcome[S]:
        record = IdempotencyRecord(
            scope=call.scope,
            key=call.idempotency_key,
            digest=call.digest,
            status=201 if new else 200,
            location=self.location(aggregate_id) if new else None,
        )
        return await transact(
            self.store,
            self.decider,
            aggregate_id,
            command,
            rules=rules,
            cause=call.cause(decision),
            loaded=current,
            expected_version=None if new else call.if_match,
            idempotency=None if call.dry_run else record,
            dry_run=call.dry_run,
        )

    async def _match(self, call: Call, aggregate_id: UUID, current: Folded[S]) -> None:
        """Raise Problem unless the caller has read the current version.

        `etag-stale` tells what he has not seen and may know of, if he may read the history, of which that is a part.
        """
        version = current.version
        if call.if_match is None:
            raise Problem("if-match-missing")
        if call.if_match == version:
            return
        headers, facts = {"ETag": etag(version)}, self._facts(call.access, current.state)
        if self.history is None or not call.access.may_also(self.history, facts):
            raise Problem("etag-stale", headers=headers, current_version=version)
        missed = await self.store.log.read_stream(self.decider.stream(aggregate_id), after=call.if_match)
        since = [
            Happened(version=event.version, type=event.type, occurred_at=metadata.occurred_at)
            for event, metadata, _ in self.sight(call.access, self.history, current.state).told(missed)[:_TOLD_SINCE]
        ]
        raise Problem("etag-stale", headers=headers, current_version=version, since=since)

    async def _known(self, call: Call) -> KnownKey | None:
        return await self.store.log.known_key(call.scope, call.idempotency_key)

    async def _gave_it_up(self, call: Call, aggregate_id: UUID, known: KnownKey) -> bool:
        """Tell whether this very request, once done, took the caller's permission away: his own recusal does."""
        if call.dry_run or known.digest != call.digest or call.if_match is None:
            return False
        versions, may_also = (call.if_match, known.version), call.access.may_also
        states = [(await self.store.load(self.decider, aggregate_id, at_version=version)).state for version in versions]
        before, after = (may_also(call.access.action, self._facts(call.access, state)) for state in states)
        return before and not after

    async def _replay(self, call: Call, known: KnownKey) -> CommandAnswer:
        """Rebuild the first answer by folding at the version it had; raises Problem for another request's key."""
        if known.digest != call.digest:
            raise Problem("idempotency-key-reused")
        aggregate_id = UUID(known.stream.split("-", 1)[1])
        folded = await self.store.load(self.decider, aggregate_id, at_version=known.version)
        headers = self._headers(known.version, known.position) | {"Idempotent-Replayed": "true"}
        if known.location:
            headers["Location"] = known.location
        return CommandAnswer(self._result(aggregate_id, folded.state, known.version), known.status, headers)

    def _answer(self, call: Call, aggregate_id: UUID, outcome: Outcome[S], creates: bool) -> CommandAnswer:
        if call.dry_run:
            return CommandAnswer(self._plan(outcome), 200, {})
        headers = self._headers(outcome.version, outcome.position)
        if creates:
            headers["Location"] = self.location(aggregate_id)
        result = self._result(aggregate_id, outcome.state, outcome.version)
        return CommandAnswer(result, 201 if creates else 200, headers)

    def _headers(self, version: int, position: int) -> dict[str, str]:
        return {"ETag": etag(version), "Rongcuo-Read-After": self.read_after.token(self.store.log.name, position)}

    def _result(self, aggregate_id: UUID, state: S, version: int) -> CommandResult:
        href = self.location(aggregate_id)
        return CommandResult(id=aggregate_id, state=self.represent(state), version=version, href=href)

    def _plan(self, outcome: Outcome[S]) -> DryRun:
        events = [
            PlannedEvent(type=type(event).__name__, schema_version=event.schema_version, leads_to=event.leads_to)
            for event in outcome.events
        ]
        return DryRun(state=self.represent(outcome.state), version=outcome.version, events=events)
