"""Wake-ups: whoever waits for a log, or for its read models, hears at once that there is something new.

Nobody relies on them. A wake-up is lost with the process that owed it or with the listener's connection; whoever waits
looks again after a while in any case, and a wake-up only saves that while.

NOTIFY is sent after the commit and never with it: PostgreSQL lets one notifying transaction of the whole server commit
at a time, and a log must not wait for the disk of its neighbours. It wakes every listener, so it is sent at most every
few milliseconds however fast a log grows.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from shared.database.pool import UNANSWERED

logger = logging.getLogger(__name__)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

LOG, VIEWS = "rongcuo_log", "rongcuo_views"
_GAP_S = 0.01
_WATCH_S, _PATIENCE_S = 5.0, 5.0
_SHORTEST_S, _LONGEST_S = 0.1, 10.0


class Signal:
    """Something that happens again and again; `count` is how often it has, which tells `pause` what was seen."""

    def __init__(self) -> None:
        self.count = 0
        self._bells: set[Callable[[], None]] = set()

    def ring(self) -> None:
        """Let everybody who waits go on."""
        self.count += 1
        for bell in tuple(self._bells):
            bell()

    @contextmanager
    def passed_on(self, bell: Callable[[], None]) -> Iterator[None]:
        """Call `bell` at every ring until the context ends."""
        self._bells.add(bell)
        try:
            yield
        finally:
            self._bells.discard(bell)

    async def pause(self, count: int, seconds: float, stop: asyncio.Event | None = None) -> None:
        """Wait until there was a ring after the first `count`, or `stop` is set, or `seconds` are over.

        Read `count` before looking for what there is to do: what comes during the look is then not slept over.
        """
        if self.count != count:
            return
        rung = asyncio.get_running_loop().create_future()
        waiting = {rung} if stop is None else {rung, asyncio.ensure_future(stop.wait())}
        with self.passed_on(lambda: None if rung.done() else rung.set_result(None)):
            try:
                await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for future in waiting:
                    future.cancel()


class Wake:
    """The wake-ups of one log: `log` rings when it has grown, `views` when one of its read models shows more.

    What happens in this process rings at once; `run` tells it to other processes and hears of theirs.
    """

    def __init__(self) -> None:
        self.log, self.views = Signal(), Signal()
        self.listening = False
        self._due: set[str] = set()
        self._work = asyncio.Event()
        self._own = 0

    def grown(self) -> None:
        """Tell everybody that events were appended."""
        self.log.ring()
        self._owe(LOG)

    def shown(self) -> None:
        """Tell everybody that a read model has moved."""
        self.views.ring()
        self._owe(VIEWS)

    async def run(self, dsn: str) -> None:
        """Listen and tell, on one connection to the log's database, until cancelled; a lost one is replaced."""
        pause = _SHORTEST_S
        while True:
            try:
                await self._connected(dsn)
            except UNANSWERED as error:
                if self.listening or pause == _SHORTEST_S:
                    logger.warning("no wake-ups, asking instead: %s", type(error).__name__)
                pause = _SHORTEST_S if self.listening else min(2 * pause, _LONGEST_S)
            finally:
                self.listening = False
            await asyncio.sleep(pause)

    async def _connected(self, dsn: str) -> None:
        connection = await asyncpg.connect(
            dsn, timeout=_PATIENCE_S, command_timeout=_PATIENCE_S, server_settings={"application_name": "rongcuo wake"}
        )
        try:
            self._own = connection.get_server_pid()
            connection.add_termination_listener(self._lost)
            await connection.add_listener(LOG, self._heard)
            await connection.add_listener(VIEWS, self._heard)
            self.listening = True
            self.log.ring()  # for what nobody could tell us before
            self.views.ring()
            while True:
                await self._tell(connection)
        finally:
            connection.terminate()

    async def _tell(self, connection: Connection) -> None:
        """Send what is owed; when nothing is for a while, see whether the connection still answers."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_WATCH_S):
                await self._work.wait()
        self._work.clear()
        due, self._due = self._due, set()
        await connection.execute("; ".join(f"NOTIFY {channel}" for channel in sorted(due)) or "SELECT")
        await asyncio.sleep(_GAP_S)

    def _owe(self, channel: str) -> None:
        self._due.add(channel)
        self._work.set()

    def _lost(self, _connection: object) -> None:
        self._work.set()

    def _heard(self, _connection: object, sender: int, channel: str, _payload: object) -> None:
        if sender != self._own:
            (self.log if channel == LOG else self.views).ring()


@dataclass
class _Shared:
    wake: Wake
    task: asyncio.Task[None]
    users: int = 0


class Wakes:
    """The wake-ups of one process: one connection for each log, shared by all who tell or wait."""

    def __init__(self) -> None:
        self._open: dict[str, _Shared] = {}

    @asynccontextmanager
    async def of(self, log: str, dsn: str) -> AsyncIterator[Wake]:
        """Give the wake-ups of `log`; `dsn` leads to its database, for any role that may connect."""
        shared = self._open.get(log)
        if shared is None:
            wake = Wake()
            shared = self._open[log] = _Shared(wake, asyncio.create_task(wake.run(dsn), name=f"wake {log}"))
        shared.users += 1
        try:
            yield shared.wake
        finally:
            shared.users -= 1
            if not shared.users:
                del self._open[log]
                shared.task.cancel()
                await asyncio.wait({shared.task})
