"""Takes batches in: every event is dropped, parked or given its effect, and only then the places move on."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

from shared.database.pool import Pool
from shared.eventstore.errors import LogStopped, WatermarkRefused
from shared.kernel.recorded import Recorded
from shared.messaging import parking
from shared.messaging.alarm import Alarm
from shared.messaging.bus import Batch
from shared.messaging.connections import Source
from shared.messaging.consumer import Consumer, Handler, Sink
from shared.messaging.failures import code_of, is_outage
from shared.messaging.inbox import (
    Inbox,
    Key,
    Standing,
    Verdict,
    WatermarkConflict,
    WatermarkMoved,
    advance,
    advance_alone,
    key_of,
)
from shared.messaging.message import Message
from shared.messaging.places import Partition, Place, Places
from shared.messaging.waiting import monotonic

logger = logging.getLogger(__name__)


_LEDGER = """
SELECT k.log, k.stream, i.version, i.event_id,
       (SELECT min(p.version) FROM log.parked AS p WHERE p.consumer = $1 AND p.log = k.log AND p.stream = k.stream)
FROM unnest($2::text[], $3::text[]) AS k (log, stream)
LEFT JOIN log.inbox AS i ON i.consumer = $1 AND i.log = k.log AND i.stream = k.stream
"""


class Fate(Enum):
    """What becomes of an arriving event."""

    DROP = auto()
    PARK = auto()
    TAKE = auto()


@dataclass(frozen=True)
class Ledger:
    """What is remembered of the streams at hand: watermarks, and the lowest parked version of each stream."""

    inbox: Inbox
    parked: dict[Key, int]

    @classmethod
    async def read(cls, source: Source, consumer: str, events: Sequence[Recorded]) -> Self:
        """Read what is remembered of the streams of these events."""
        keys = {key_of(recorded) for recorded in events}
        rows = await source.fetch(_LEDGER, consumer, [log for log, _ in keys], [stream for _, stream in keys])
        standing = {(log, stream): Standing(version, event_id) for log, stream, version, event_id, _ in rows if version}
        return cls(Inbox(consumer, standing), {(row[0], row[1]): row[4] for row in rows if row[4]})

    def fate(self, recorded: Recorded) -> Fate:
        """Decide about an event; raises WatermarkConflict. What is taken or parked has to be told to the ledger."""
        verdict = self.inbox.judge(recorded)
        if verdict is Verdict.DUPLICATE:
            return Fate.DROP
        if verdict is Verdict.HOLE or self.parked.get(key_of(recorded), recorded.version + 1) <= recorded.version:
            return Fate.PARK
        return Fate.TAKE

    def park(self, recorded: Recorded) -> None:
        """Count an event as parked: every later one of its stream will be, too."""
        key = key_of(recorded)
        self.parked[key] = min(recorded.version, self.parked.get(key, recorded.version))


class Intake(ABC):
    """What both kinds of consumers have in common: the second chances of parked events."""

    def __init__(self, pool: Pool, name: str, tiers_s: Sequence[float]) -> None:
        self.pool, self.name, self.tiers_s = pool, name, tiers_s

    @abstractmethod
    async def take(self, batches: Sequence[Batch], places: Places) -> None:
        """Deal with all events, then move the places; after an outage the same batches may be given again."""

    @abstractmethod
    async def again(self, recorded: Recorded) -> None:
        """Give the head of a parked sequence its effect, with the watermark; raises what goes wrong."""

    async def drain(self, seconds: float) -> None:
        """Try the parked heads that are due, and what then follows them, stream by stream in turn.

        Ends when nothing is due, or after about `seconds`: the rest is left to the next call.
        """
        until = monotonic() + seconds
        while heads := deque(await parking.due_heads(self.pool, self.name)):
            while heads:
                head = heads.popleft()
                if (due := await parking.claim(self.pool, self.name, head)) and await self._try(due):
                    heads.append(head.next())
                if monotonic() >= until:
                    return

    async def _try(self, due: parking.Due) -> bool:
        """Give a parked event its effect; False if it failed again."""
        try:
            inbox = await Inbox.read(self.pool, self.name, [key_of(due.recorded)])
            if inbox.judge(due.recorded) is Verdict.NEXT:
                await self.again(due.recorded)
            await parking.remove(self.pool, self.name, due.recorded)
        except Alarm:
            raise
        except Exception as error:
            if is_outage(error):
                with suppress(Exception):  # the claim ends by itself
                    await parking.put_back(self.pool, self.name, due)
                raise
            await parking.failed_again(self.pool, self.name, due, self._report(due.recorded, error), self.tiers_s)
            return False
        return True

    async def _park_poison(self, recorded: Recorded, error: Exception) -> None:
        code = self._report(recorded, error)
        await parking.park(self.pool, self.name, [recorded], code, self.tiers_s[0])

    def _report(self, recorded: Recorded, error: Exception) -> str:
        code = code_of(error)
        logger.error("%s parks %s %s of %s: %s", self.name, recorded.type, recorded.event_id, recorded.log, code)
        return code


class HandlerIntake(Intake):
    """Gives public events to handlers; partitions side by side, one event after the other within each."""

    def __init__(self, pool: Pool, consumer: Consumer, tiers_s: Sequence[float]) -> None:
        super().__init__(pool, consumer.name, tiers_s)
        self._consumer = consumer

    async def take(self, batches: Sequence[Batch], places: Places) -> None:
        """Deal with every partition, then move all places in one statement."""
        results = await asyncio.gather(*(self._partition(batch.records) for batch in batches), return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            raise next((error for error in failed if isinstance(error, WatermarkConflict)), failed[0])
        ends = ends_of(batches)
        async with self.pool.acquire() as connection:
            await places.move(connection, ends, alone=True)
        places.moved(ends)

    async def again(self, recorded: Recorded) -> None:
        """Handle a parked event."""
        if handler := self._consumer.handler(recorded):
            await self._handle(handler, recorded)
        await advance(self.pool, self.name, [recorded])

    async def _partition(self, events: Sequence[Recorded]) -> None:
        ledger = await Ledger.read(self.pool, self.name, events)
        consumed: dict[Key, Recorded] = {}  # watermarks that nobody else moves; a handler's transact moves its own
        waiting: list[Recorded] = []
        for recorded in events:
            fate = ledger.fate(recorded)
            if fate is Fate.PARK:
                ledger.park(recorded)
                waiting.append(recorded)
            if fate is not Fate.TAKE:
                continue
            if handler := self._consumer.handler(recorded):
                if key_of(recorded) in consumed:
                    await self._flush(consumed)
                if not await self._taken(handler, recorded):
                    ledger.park(recorded)
                    continue
            ledger.inbox.consumed(recorded)
            consumed[key_of(recorded)] = recorded
        await parking.park(self.pool, self.name, waiting)
        await self._flush(consumed)

    async def _taken(self, handler: Handler, recorded: Recorded) -> bool:
        """Handle an event; False if it had to be parked."""
        try:
            await self._handle(handler, recorded)
        except Alarm:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            await self._park_poison(recorded, error)
            return False
        return True

    async def _handle(self, handler: Handler, recorded: Recorded) -> None:
        message = Message(recorded, self.name)
        try:
            await handler(message.event(self._consumer.codec), message)
        except WatermarkRefused as refused:
            if refused.kind == "conflict":
                raise WatermarkConflict(self.name, recorded) from None
            if refused.kind == "hole":
                raise WatermarkMoved(self.name) from None
        except Exception as error:
            if not is_outage(error):
                await self._check_open()
            raise

    async def _check_open(self) -> None:
        """Raise LogStopped while our own log lacks events: what it refuses now, it may take once they are back."""
        if await self.pool.fetchval("SELECT stopped IS NOT NULL FROM log.head"):
            raise LogStopped

    async def _flush(self, consumed: dict[Key, Recorded]) -> None:
        await advance(self.pool, self.name, consumed.values())
        consumed.clear()


class SinkIntake(Intake):
    """Gives all events to a sink: effect, watermarks and places in one transaction."""

    def __init__(self, pool: Pool, sink: Sink, tiers_s: Sequence[float]) -> None:
        super().__init__(pool, sink.name, tiers_s)
        self._sink = sink

    async def take(self, batches: Sequence[Batch], places: Places) -> None:
        """Take everything at once; if an event is poison, one by one, so that only its stream is parked."""
        events, ends = [recorded for batch in batches for recorded in batch.records], ends_of(batches)
        try:
            await self._transaction(events, ends, places)
        except Alarm:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            for recorded in events:
                await self._alone(recorded, places)
            await self._transaction([], ends, places)
        places.moved(ends)

    async def again(self, recorded: Recorded) -> None:
        """Take a parked event."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self._sink.take(connection, [recorded])
            await advance_alone(connection, self.name, [recorded])

    async def _alone(self, recorded: Recorded, places: Places) -> None:
        try:
            await self._transaction([recorded], {}, places)
        except Alarm:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            await self._park_poison(recorded, error)

    async def _transaction(self, events: Sequence[Recorded], ends: dict[Partition, Place], places: Places) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            ledger = await Ledger.read(connection, self.name, events)
            taken: list[Recorded] = []
            waiting: list[Recorded] = []
            for recorded in events:
                fate = ledger.fate(recorded)
                if fate is Fate.TAKE:
                    ledger.inbox.consumed(recorded)
                    taken.append(recorded)
                elif fate is Fate.PARK:
                    ledger.park(recorded)
                    waiting.append(recorded)
            if taken:
                await self._sink.take(connection, taken)
                await advance_alone(connection, self.name, taken)
            await parking.park(connection, self.name, waiting)
            if ends:
                await places.move(connection, ends)


def ends_of(batches: Sequence[Batch]) -> dict[Partition, Place]:
    """Return where the partitions stand when the batches are dealt with."""
    return {batch.partition: batch.end for batch in batches}
