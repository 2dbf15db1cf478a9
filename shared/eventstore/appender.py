"""The one writer of a log in this process: queues appends and flushes them together (group commit).

There is no timer: the next batch is what was queued while the last one committed. Waiting callers hold no connection,
and one that goes away cancels nothing. Nobody is answered before the outcome is known: after a lost connection the
same bytes and ids are sent again, and an id that stands already answers `Stored`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import asyncpg

from shared.database.pool import UNANSWERED
from shared.eventstore.append import Append, Stored, check
from shared.eventstore.errors import AppendRefused, LogUnavailable, NotAppended, Overloaded
from shared.eventstore.schema import LOG, in_schema
from shared.eventstore.verdicts import APPEND, arguments, verdict

logger = logging.getLogger(__name__)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# SQLSTATE classes that blame the data: data exception, integrity violation, program limit, raised by log.append.
_DATA_CLASSES: Final = ("21", "22", "23", "54", "P0")
_CONNECTION: Final = {"default_transaction_isolation": "read committed", "application_name": "rongcuo appender"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a batch and of the queue, in appends and bytes; time-outs in seconds."""

    batch: int = 256
    batch_bytes: int = 4 * 1024 * 1024
    queue: int = 4096
    queue_bytes: int = 64 * 1024 * 1024
    statement_s: float = 30.0
    drain_s: float = 10.0
    longest_pause_s: float = 5.0


@dataclass(eq=False, slots=True)
class _Waiting:
    append: Append
    size: int
    claims: frozenset[object]
    answer: asyncio.Future[Stored]


class Appender:
    """Appends to the log behind `dsn` on a connection of its own; use as `async with`, or `start()` and `stop()`.

    `flushed` is called after every batch of which something is stored; `schema` is where the log stands.
    """

    def __init__(
        self,
        dsn: str,
        limits: Limits | None = None,
        flushed: Callable[[], None] | None = None,
        schema: str = LOG,
    ) -> None:
        self._dsn = dsn
        self._statement = in_schema(APPEND, schema)
        self._flushed = flushed
        self._limits = limits or Limits()
        self._queue: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._open = False
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._connection: Connection | None = None
        self._flusher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect and begin to flush; raises LogUnavailable when the database cannot be reached."""
        try:
            self._connection = await self._connect()
        except UNANSWERED as error:
            raise LogUnavailable("cannot connect") from error
        self._open = True
        self._flusher = asyncio.create_task(self._run(), name="appender")

    async def stop(self) -> None:
        """Take no more appends, flush the queued ones, disconnect. What cannot be flushed in time is LogUnavailable."""
        self._open = False
        self._work.set()
        self._room.set()
        if self._flusher:
            await asyncio.wait({self._flusher}, timeout=self._limits.drain_s)
            self._flusher.cancel()
            await asyncio.wait({self._flusher})
        self._disconnect()

    @property
    def alive(self) -> bool:
        """Whether appends are taken and written, for /readyz."""
        return self._open and self._flusher is not None and not self._flusher.done()

    async def append(self, append: Append, *, wait: bool = False) -> Stored:
        """Queue `append` and return where it stands.

        A full queue raises Overloaded, or with `wait` is waited for. Raises the verdicts of `shared.eventstore.errors`,
        and LogUnavailable once the appender is stopping. Cancelling the caller does not take the append back.
        """
        check(append)
        size = append.size
        while self._open and self._is_full(size):
            if not wait:
                raise Overloaded(retry_after_s=1.0)
            self._room.clear()
            await self._room.wait()
        if not self._open:
            raise LogUnavailable("not running")
        waiting = _Waiting(append, size, frozenset(append.claims()), asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._queued_bytes += size
        self._work.set()
        return await waiting.answer

    def _is_full(self, size: int) -> bool:
        limits = self._limits
        return bool(self._queue) and (
            len(self._queue) >= limits.queue or self._queued_bytes + size > limits.queue_bytes
        )

    async def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            while self._open or self._queue:
                await self._work.wait()
                self._work.clear()
                while batch := self._next_batch():
                    await self._flush_supervised(batch)
        finally:
            self._open = False
            self._room.set()
            for waiting in (*batch, *self._queue):
                _refuse(waiting, LogUnavailable("stopped; the append may stand"))
            self._queue.clear()

    async def _flush_supervised(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._flush(batch)
        except Exception as error:
            logger.error("a batch of %d was given up: %s", len(batch), type(error).__name__)
            for waiting in batch:
                _refuse(waiting, LogUnavailable("outcome unknown; the append may stand"))

    def _next_batch(self) -> list[_Waiting]:
        """Take the next appends that do not depend on one another; the others keep their place.

        Rivals for one version of a stream go together: one of them is stored, and the others need no turn of their own
        to learn that.
        """
        batch: list[_Waiting] = []
        kept: list[_Waiting] = []
        claimed: set[object] = set()
        ends: dict[str, Append] = {}
        room = self._limits.batch_bytes
        while self._queue and max(len(batch), len(kept)) < self._limits.batch and room > 0:
            waiting = self._queue.popleft()
            append = waiting.append
            first = append.stream not in ends
            if (first or append.rivals(ends[append.stream])) and claimed.isdisjoint(waiting.claims):
                batch.append(waiting)
                room -= waiting.size
            else:
                kept.append(waiting)
            claimed |= waiting.claims
            ends.setdefault(append.stream, append)
        self._queue.extendleft(reversed(kept))
        self._queued_bytes -= sum(waiting.size for waiting in batch)
        self._room.set()
        return batch

    async def _flush(self, batch: Sequence[_Waiting]) -> None:
        """Write the batch, however often it takes; if the data is to blame, append by append."""
        try:
            rows = await self._send([waiting.append for waiting in batch])
        except (asyncpg.PostgresError, ValueError) as error:
            if len(batch) == 1:
                _refuse(batch[0], AppendRefused(getattr(error, "sqlstate", None) or type(error).__name__))
                return
            for waiting in batch:
                await self._flush([waiting])
            return
        outcomes = [verdict(waiting.append, row) for waiting, row in zip(batch, rows, strict=True)]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            _answer(waiting, outcome)
        if self._flushed and any(isinstance(outcome, Stored) for outcome in outcomes):
            self._flushed()

    async def _send(self, batch: Sequence[Append]) -> list[asyncpg.Record]:
        """Call log.append until its outcome is known; raises only when the data is to blame."""
        call = arguments(batch)
        pause = 0.0
        while True:
            try:
                connection = self._connection = self._connection or await self._connect()
                return await connection.fetch(self._statement, *call, timeout=self._limits.statement_s)
            except UNANSWERED as error:
                if _blames_data(error):
                    raise
                logger.warning("append of %d not answered (%s), sending it again", len(batch), type(error).__name__)
                self._disconnect()
            await asyncio.sleep(pause)
            pause = min(max(2 * pause, 0.05), self._limits.longest_pause_s)

    async def _connect(self) -> Connection:
        return await asyncpg.connect(self._dsn, server_settings=_CONNECTION, timeout=self._limits.statement_s)

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.terminate()
        self._connection = None


def _blames_data(error: Exception) -> bool:
    """Tell whether sending the same again would fail again: the driver or the server refused the values."""
    sqlstate = getattr(error, "sqlstate", None) or ""
    return isinstance(error, ValueError) or sqlstate.startswith(_DATA_CLASSES)


def _answer(waiting: _Waiting, outcome: Stored | NotAppended) -> None:
    if isinstance(outcome, NotAppended):
        _refuse(waiting, outcome)
    elif not waiting.answer.done():
        waiting.answer.set_result(outcome)


def _refuse(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
