"""The one shell around every `decide`: load, decide, queue the append, retry on conflict. It holds no transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic
from uuid import UUID

from shared.eventstore.append import Append, Fence, IdempotencyRecord, NewEvent, Timer, Watermark
from shared.eventstore.cache import Folded
from shared.eventstore.errors import KeyKnown, VersionConflict
from shared.eventstore.store import EventStore
from shared.kernel.decider import Decider, S
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.kernel.metadata import Actor, Metadata, Policy


@dataclass(frozen=True)
class Cause:
    """Who commands, in which thread of requests, why and permitted by what: the caller's share of the metadata."""

    actor: Actor
    correlation: UUID
    causation: UUID | None = None
    purpose: str | None = None
    policy: Policy | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class Outcome(Generic[S]):
    """The state after the command, and the events it gave; `position` is what a read has to wait for."""

    state: S
    version: int
    position: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class _Kept:
    """What is written in the same transaction as the events."""

    idempotency: IdempotencyRecord | None
    watermark: Watermark | None
    timers: tuple[Timer, ...]
    fence: Fence | None

    @property
    def anything(self) -> bool:
        return bool(self.idempotency or self.watermark or self.timers)


async def transact(
    store: EventStore,
    decider: Decider[S],
    aggregate_id: UUID,
    command: Any,
    *,
    rules: Any,
    cause: Cause,
    loaded: Folded[S] | None = None,
    expected_version: int | None = None,
    idempotency: IdempotencyRecord | None = None,
    watermark: Watermark | None = None,
    timers: Sequence[Timer] = (),
    fence: Fence | None = None,
    dry_run: bool = False,
    wait: bool = False,
    attempts: int = 5,
) -> Outcome[S]:
    """Carry out `command` on one aggregate and store its events, all or none.

    `loaded` is what `store.load` or `store.look` has just given: it is decided on first instead of being read again.
    With `expected_version` a stream that has moved on raises VersionConflict; without it the command is decided again
    on the newer state, at most `attempts` times. `dry_run` decides and stores nothing. A command that gives no events
    stores nothing unless something is kept. Raises Rejected from `decide`, and the verdicts of the appender; a twin of
    a request that was stored meanwhile gets KeyKnown, whatever `decide` or `expected_version` would say now.
    """
    kept = _Kept(idempotency, watermark, tuple(timers), fence)
    for attempt in range(attempts, 0, -1):
        try:
            folded = loaded or await store.load(decider, aggregate_id)
            loaded = None
            _check_version(decider.stream(aggregate_id), expected_version, folded.version)
            events = tuple(decider.decide(command, folded.state, rules=rules))
            if dry_run or not (events or kept.anything):
                state = decider.fold(folded.state, events)
                return Outcome(state, folded.version + len(events), await store.log.head(), events)
            return await _store(store, decider, aggregate_id, folded, events=events, cause=cause, kept=kept, wait=wait)
        except (Rejected, VersionConflict) as refused:
            await _answer_twin(store, idempotency)
            if isinstance(refused, Rejected) or expected_version is not None or attempt == 1:
                raise
    raise ValueError("attempts must be at least 1")


async def _store(
    store: EventStore,
    decider: Decider[S],
    aggregate_id: UUID,
    folded: Folded[S],
    *,
    events: tuple[Event, ...],
    cause: Cause,
    kept: _Kept,
    wait: bool,
) -> Outcome[S]:
    stream = decider.stream(aggregate_id)
    state = decider.fold(folded.state, events)
    now = store.clock()
    occurred_at = max(now, folded.occurred_at or now)
    metadata = _metadata(store.log.name, state, occurred_at, cause)
    append = Append(
        append_id=store.new_id(),
        stream=stream,
        expected_version=folded.version,
        events=tuple(
            NewEvent(store.new_id(), type(event).__name__, event.schema_version, decider.codec.encode(event), metadata)
            for event in events
        ),
        idempotency=kept.idempotency,
        watermark=kept.watermark,
        timers=kept.timers,
        fence=kept.fence,
    )
    stored = await store.appender.append(append, wait=wait)
    if events:
        size = folded.size + sum(len(event.payload) for event in append.events)
        store.cache.put(stream, decider.reducer_version, Folded(state, stored.version, occurred_at, size))
    return Outcome(state, stored.version, stored.position, events)


def _metadata(log: str, state: Any, occurred_at: datetime, cause: Cause) -> bytes:
    return Metadata(
        log=log,
        matter=state.matter,
        jurisdiction=state.jurisdiction,
        occurred_at=occurred_at,
        actor=cause.actor,
        rules_version=state.rules_version,
        policy=cause.policy,
        purpose=cause.purpose,
        correlation=cause.correlation,
        causation=cause.causation,
        traceparent=cause.traceparent,
    ).encode()


def _check_version(stream: str, expected: int | None, actual: int) -> None:
    if expected is not None and expected != actual:
        raise VersionConflict(stream, expected, actual)


async def _answer_twin(store: EventStore, idempotency: IdempotencyRecord | None) -> None:
    """Raise KeyKnown if a request with the same key was stored between our look at the key and our decision."""
    if idempotency and (record := await store.log.known_key(idempotency.scope, idempotency.key)):
        raise KeyKnown(record)
