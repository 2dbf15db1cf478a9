"""The command desk of one aggregate: the one order in which every command is judged, written and answered.

Visible? → the same request before? → If-Match → build the command (only now is anything sealed) → decide and append.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from shared.authz.caller import Caller
from shared.eventstore.append import IdempotencyRecord, KnownKey
from shared.eventstore.cache import Folded
from shared.eventstore.errors import KeyKnown, VersionConflict
from shared.eventstore.read_after import ReadAfter
from shared.eventstore.store import EventStore, until
from shared.eventstore.transact import Outcome, transact
from shared.kernel.decider import Decider, S
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.kernel.metadata import Metadata
from shared.web.commands import Call
from shared.web.problems import Happened, Problem
from shared.web.reads import Moment, etag

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
    """The answer to a command; a route returns it as it is."""

    media_type = "application/json"

    def __init__(self, body: BaseModel, status: int, headers: dict[str, str]) -> None:
        super().__init__(body.model_dump_json(), status, headers)


def no_rules(_: object) -> None:
    """The rules of an aggregate that has none."""


@dataclass(frozen=True)
class CommandDesk(Generic[S]):
    """Takes the commands of one aggregate.

    `visible(caller, state)` tells whether the caller may know that the aggregate exists, `represent(state)` the name of
    its state, `location(id)` the path of its representation.
    """

    store: EventStore
    decider: Decider[S]
    visible: Callable[[Caller, S], bool]
    represent: Callable[[S], str | None]
    location: Callable[[UUID], str]
    read_after: ReadAfter

    async def look(self, caller: Caller, aggregate_id: UUID) -> Folded[S]:
        """Return the aggregate as it stands; raises Problem `not-found` also when the caller may not see it."""
        folded = await self.store.load(self.decider, aggregate_id)
        self._check_visible(caller, folded)
        return folded

    async def recall(self, caller: Caller, aggregate_id: UUID, moment: Moment = _NOW) -> list[Event]:
        """Return the events up to `moment`, oldest first; raises Problem `not-found` as `look` does."""
        stored = await self.store.log.read_stream(self.decider.stream(aggregate_id))
        decode = self.decider.codec.decode
        events = [decode(event.type, event.schema_version, event.payload) for event in stored]
        if not events or not self.visible(caller, self.decider.fold(self.decider.initial, events)):
            raise Problem("not-found")
        if moment.as_of is not None:
            events = events[: len(until(stored, moment.as_of))]
        count = len(events) if moment.at_version is None else moment.at_version
        if not 0 < count <= len(events):
            raise Problem("not-found")
        return events[:count]

    async def execute(
        self,
        call: Call,
        aggregate_id: UUID,
        command: object | Callable[[S], Awaitable[object]],
        *,
        rules: Callable[[S], Any] = no_rules,
        creates: bool = False,
    ) -> CommandAnswer:
        """Run `command`, or what the coroutine function `command(state)` builds; `rules(state)` go to `decide`.

        With `creates` the id is a fresh one: nothing has to be visible or matched, and the answer is 201. Raises
        Problem, Rejected and what `transact` raises; each has its answer in `shared.web.handlers`.
        """
        current, known = await self.store.look(self.decider, aggregate_id, scope=call.scope, key=call.idempotency_key)
        if not creates:
            self._check_visible(call.caller, current)
        if known and not call.dry_run:
            return await self._replay(call, known)
        if not creates:
            await self._match(call, aggregate_id, current.version)
        elif call.if_match is not None:  # there is no version of what does not exist
            raise Problem("etag-stale", current_version=0, since=[])
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                made = await command(current.state) if callable(command) else command
                outcome = await self._transact(call, aggregate_id, made, current, rules(current.state), creates)
        except KeyKnown as twin:
            return await self._replay(call, twin.record)
        except Rejected:
            # A faster twin may have used up what the command is built of, for example a draft.
            if not call.dry_run and (known := await self._known(call)):
                return await self._replay(call, known)
            raise
        except VersionConflict as moved_on:
            if not creates:
                await self._match(call, aggregate_id, moved_on.actual)
            raise
        return self._answer(call, aggregate_id, outcome, creates)

    def _check_visible(self, caller: Caller, folded: Folded[S]) -> None:
        if folded.version == 0 or not self.visible(caller, folded.state):
            raise Problem("not-found")

    async def _transact(
        self, call: Call, aggregate_id: UUID, command: object, current: Folded[S], rules: Any, creates: bool
    ) -> Outcome[S]:
        record = IdempotencyRecord(
            scope=call.scope,
            key=call.idempotency_key,
            digest=call.digest,
            status=201 if creates else 200,
            location=self.location(aggregate_id) if creates else None,
        )
        return await transact(
            self.store,
            self.decider,
            aggregate_id,
            command,
            rules=rules,
            cause=call.cause(),
            loaded=current,
            expected_version=None if creates else call.if_match,
            idempotency=None if call.dry_run else record,
            dry_run=call.dry_run,
        )

    async def _match(self, call: Call, aggregate_id: UUID, version: int) -> None:
        """Raise Problem unless the caller has read `version`; `etag-stale` tells what he has not seen."""
        if call.if_match is None:
            raise Problem("if-match-missing")
        if call.if_match == version:
            return
        stream = self.decider.stream(aggregate_id)
        missed = await self.store.log.read_stream(stream, after=call.if_match, limit=_TOLD_SINCE)
        since = [
            Happened(version=event.version, type=event.type, occurred_at=Metadata.decode(event.metadata).occurred_at)
            for event in missed
        ]
        raise Problem("etag-stale", headers={"ETag": etag(version)}, current_version=version, since=since)

    async def _known(self, call: Call) -> KnownKey | None:
        return await self.store.log.known_key(call.scope, call.idempotency_key)

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
