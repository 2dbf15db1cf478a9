"""Writes the access records of this process: one stream a process and day, everything that waits in one append."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from shared.accesslog.migration import SCHEMA
from shared.accesslog.records import CODEC, AccessRecord
from shared.eventstore.append import Append, NewEvent
from shared.eventstore.appender import Appender, Limits
from shared.eventstore.errors import VersionConflict
from shared.kernel.canonical import NotCanonical
from shared.kernel.clock import Clock, utc_now
from shared.kernel.ids import NewId, new_id
from shared.kernel.instants import legal_day
from shared.kernel.metadata import Actor, Metadata, Policy

WITHIN_S = 5.0
"""How long an answer waits for its record; then it is not given."""
_BATCH = 256
_BATCH_BYTES = 1024 * 1024
logger = logging.getLogger(__name__)


class AccessRecordUnavailable(Exception):
    """The record does not stand, or nobody knows whether it does: what it is about must not be shown."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who asked, for whom and why, which policies permitted it, and the trace id that the caller was given."""

    actor: Actor
    trace_id: UUID
    purpose: str | None = None
    policy: Policy | None = None
    traceparent: str | None = None
    causation: UUID | None = None


@dataclass(eq=False, slots=True)
class _Waiting:
    event: NewEvent
    size: int
    written: asyncio.Future[UUID]


class Recorder:
    """The one writer of access records in this process, to the log named `log` behind `dsn`; use as `async with`.

    `waiting` is how many records may wait; while the database is away, more are refused.
    """

    def __init__(
        self, dsn: str, log: str, *, clock: Clock = utc_now, new_id: NewId = new_id, waiting: int = 4096
    ) -> None:
        self._appender = Appender(dsn, Limits(queue=2), schema=SCHEMA)
        self._log = log
        self._clock = clock
        self._new_id = new_id
        self._most = waiting
        self._process = new_id()
        self._day: date | None = None
        self._version = 0
        self._last = clock()
        self._queue: deque[_Waiting] = deque()
        self._work = asyncio.Event()
        self._open = False
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect; raises LogUnavailable when the database cannot be reached."""
        await self._appender.start()
        self._open = True
        self._writer = asyncio.create_task(self._run(), name="access recorder")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Take no more, write what waits, disconnect."""
        self._open = False
        self._work.set()
        if self._writer:
            await asyncio.wait({self._writer}, timeout=WITHIN_S)
        await self._appender.stop()
        if self._writer:
            await asyncio.wait({self._writer})

    @property
    def alive(self) -> bool:
        """Whether records are taken and written, for /readyz."""
        return self._open and self._appender.alive and self._writer is not None and not self._writer.done()

    async def record(self, record: AccessRecord, circumstances: Circumstances) -> UUID:
        """Return the id of the record once it stands; raises AccessRecordUnavailable, at the latest after 5 s."""
        waiting = self.put(record, circumstances)
        try:
            async with asyncio.timeout(WITHIN_S):
                return await waiting
        except TimeoutError:
            raise AccessRecordUnavailable("not written in time") from None

    def put(self, record: AccessRecord, circumstances: Circumstances) -> asyncio.Future[UUID]:
        """Queue a record and return what will be its id once it stands; raises AccessRecordUnavailable."""
        if not self._open or len(self._queue) >= self._most:
            raise AccessRecordUnavailable("too many wait" if self._open else "stopped")
        event = self._event(record, circumstances)
        waiting = _Waiting(event, len(event.payload) + len(event.metadata), asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._work.set()
        return waiting.written

    def _event(self, record: AccessRecord, circumstances: Circumstances) -> NewEvent:
        self._last = max(self._last, self._clock())
        try:
            payload, metadata = CODEC.encode(record), self._metadata(circumstances)
        except NotCanonical as error:
            raise AccessRecordUnavailable("cannot be told") from error
        return NewEvent(self._new_id(), type(record).__name__, record.schema_version, payload, metadata)

    def _metadata(self, circumstances: Circumstances) -> bytes:
        return Metadata(
            log=self._log,
            matter=None,
            jurisdiction=None,
            occurred_at=self._last,
            actor=circumstances.actor,
            rules_version=None,
            policy=circumstances.policy,
            purpose=circumstances.purpose,
            correlation=circumstances.trace_id,
            causation=circumstances.causation,
            traceparent=circumstances.traceparent,
        ).encode()

    async def _run(self) -> None:
        while self._open or self._queue:
            await self._work.wait()
            self._work.clear()
            while batch := self._next_batch():
                await self._write(batch)

    def _next_batch(self) -> list[_Waiting]:
        """Take what waits, as much as goes together; nobody waits any more for what was given up."""
        batch: list[_Waiting] = []
        room = _BATCH_BYTES
        while self._queue and len(batch) < _BATCH and room > 0:
            waiting = self._queue.popleft()
            if not waiting.written.done():
                batch.append(waiting)
                room -= waiting.size
        return batch

    async def _write(self, batch: list[_Waiting]) -> None:
        try:
            await self._append(tuple(waiting.event for waiting in batch))
        except Exception as error:
            logger.error("%d access records were not written: %s", len(batch), type(error).__name__)
            for waiting in batch:
                if not waiting.written.done():
                    waiting.written.set_exception(AccessRecordUnavailable(type(error).__name__))
            return
        for waiting in batch:
            if not waiting.written.done():
                waiting.written.set_result(waiting.event.event_id)

    async def _append(self, events: tuple[NewEvent, ...]) -> None:
        """Append to the stream of the day; one that an append of unknown outcome has moved on is followed once."""
        today = legal_day(self._last)
        if today != self._day:
            self._day, self._version = today, 0
        stream = f"access_{today:%Y%m%d}-{self._process}"
        try:
            stored = await self._appender.append(Append(self._new_id(), stream, self._version, events))
        except VersionConflict as moved:
            stored = await self._appender.append(Append(self._new_id(), stream, moved.actual, events))
        self._version = stored.version
