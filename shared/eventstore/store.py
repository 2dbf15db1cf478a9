"""The log, its writer and the cache of one service, and how an aggregate is loaded from them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.database.pool import open_pool
from shared.eventstore.append import KnownKey
from shared.eventstore.appender import Appender, Limits
from shared.eventstore.cache import AggregateCache, Folded
from shared.eventstore.durability import check_durability
from shared.eventstore.log import EventLog
from shared.eventstore.wake import Wake
from shared.kernel.clock import Clock, utc_now
from shared.kernel.decider import Decider, S
from shared.kernel.ids import NewId, new_id
from shared.kernel.metadata import Metadata
from shared.kernel.recorded import Recorded

CONNECTIONS = 6  # for reading; the appender has one more


@dataclass(frozen=True)
class EventStore:
    """Everything a use case needs to load and write aggregates."""

    log: EventLog
    appender: Appender
    cache: AggregateCache = field(default_factory=AggregateCache)
    clock: Clock = utc_now
    new_id: NewId = new_id

    async def load(
        self, decider: Decider[S], aggregate_id: UUID, *, at_version: int | None = None, as_of: datetime | None = None
    ) -> Folded[S]:
        """Fold the aggregate: as it stands, as it was at a version, or as it was at an instant (by occurred_at).

        A cached state is only a head start: the events after it are always read. A stream that is shorter than
        `at_version` is folded to its end, which the answer's `version` shows.
        """
        stream = decider.stream(aggregate_id)
        beginning = Folded(decider.initial, 0, None)
        if at_version is not None or as_of is not None:
            history = await self.log.read_stream(stream, limit=at_version)
            return fold(decider, beginning, history if as_of is None else until(history, as_of))
        cached = self.cache.get(stream, decider.reducer_version) or beginning
        return self._folded(decider, stream, cached, await self.log.read_stream(stream, after=cached.version))

    async def look(
        self, decider: Decider[S], aggregate_id: UUID, *, scope: str, key: str
    ) -> tuple[Folded[S], KnownKey | None]:
        """Return the aggregate as it stands, and what is kept under an idempotency key: `load` and the key at once."""
        stream = decider.stream(aggregate_id)
        cached = self.cache.get(stream, decider.reducer_version) or Folded(decider.initial, 0, None)
        tail, known = await self.log.look(stream, after=cached.version, scope=scope, key=key)
        return self._folded(decider, stream, cached, tail), known

    def _folded(self, decider: Decider[S], stream: str, cached: Folded[S], tail: Sequence[Recorded]) -> Folded[S]:
        folded = fold(decider, cached, tail)
        if folded.version:
            self.cache.put(stream, decider.reducer_version, folded)
        return folded


def fold(decider: Decider[S], folded: Folded[S], tail: Sequence[Recorded]) -> Folded[S]:
    """Apply the stored events that follow `folded`; raises UnknownEvent for one that this build cannot read."""
    if not tail:
        return folded
    events = (decider.codec.decode(event.type, event.schema_version, event.payload) for event in tail)
    occurred_at = Metadata.decode(tail[-1].metadata).occurred_at
    size = folded.size + sum(len(event.payload) for event in tail)
    return Folded(decider.fold(folded.state, events), tail[-1].version, occurred_at, size)


def until(history: Sequence[Recorded], as_of: datetime) -> Sequence[Recorded]:
    """Return the events of a stream that had occurred at `as_of`."""
    for n, event in enumerate(history):
        if Metadata.decode(event.metadata).occurred_at > as_of:
            return history[:n]
    return history


@asynccontextmanager
async def open_store(
    dsn: str,
    log: str,
    *,
    clock: Clock = utc_now,
    limits: Limits | None = None,
    connections: int = CONNECTIONS,
    wake: Wake | None = None,
) -> AsyncIterator[EventStore]:
    """Open the log behind `dsn` for reading and writing until the context ends; `wake` is told of what is written.

    Raises UnsafeServer for a server that may forget what it has acknowledged, LogUnavailable when it is not there.
    """
    async with open_pool(dsn, connections) as pool:
        await check_durability(pool)
        async with Appender(dsn, limits, None if wake is None else wake.grown) as appender:
            yield EventStore(EventLog(pool, log), appender, clock=clock)
