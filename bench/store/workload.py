"""What callers do to a store: one loop for all of them, whether they are tasks or threads."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - the same sequence in every run
from typing import Any

from bench.store.events import SEED, bodies
from bench.store.port import CATEGORY, NEW, Appended, Body, Conflict, Writer
from shared.kernel.ids import new_id


@dataclass(frozen=True)
class Workload:
    """`callers` per process append `events` at once, to new streams, to one hot stream, or to `existing` ones.

    `existing` streams were filled with `depth` events each. Every caller has its own of them, and every run of
    several (`share` of `shares`), so that nobody finds a stream further on than it left it.
    """

    callers: int
    events: int = 1
    processes: int = 1
    hot: bool = False
    existing: int = 0
    depth: int = 0
    share: int = 0
    shares: int = 1
    warm_up_s: float = 0.7
    seconds: float = 2.5

    @property
    def title(self) -> str:
        """Name the workload as the report does."""
        who = f"{self.processes} × {self.callers}" if self.processes > 1 else str(self.callers)
        what = f"{self.events} event{'s' if self.events > 1 else ''}"
        where = "one hot stream" if self.hot else f"{self.existing:,} streams" if self.existing else "new streams"
        return f"append {what}, {who} caller{'s' if self.callers > 1 else ''}, {where}"


_STEP = 97  # callers begin at different bodies
HOT_STREAM = f"{CATEGORY}-018f0000-0000-7000-8000-0000000f00d5"


def filled_stream(number: int) -> str:
    """Return the name of a stream that a fill has made."""
    return f"{CATEGORY}-018f0000-0000-7000-8000-{number:012x}"


@dataclass
class Outcome:
    """What the callers saw: latencies of appends in the window, all that was acknowledged, and what went wrong."""

    nanoseconds: list[int] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    events: int = 0
    seconds: float = 0.0
    conflicts: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Window:
    """The time in which appends count; moved on by another thread than the callers'."""

    def __init__(self) -> None:
        self.begun_ns = 0
        self.ended_ns = 0

    def open(self) -> None:
        """Count from now on."""
        self.begun_ns = time.perf_counter_ns()

    def close(self) -> None:
        """Count no more; callers finish what they have begun."""
        self.ended_ns = time.perf_counter_ns()

    def holds(self, instant_ns: int) -> bool:
        """Tell whether an append that was answered at this instant counts."""
        return 0 < self.begun_ns <= instant_ns and not 0 < self.ended_ns < instant_ns


@dataclass
class Caller:
    """One of the callers; they share the outcome and the window."""

    number: int
    workload: Workload
    writer: Writer
    window: Window
    outcome: Outcome

    async def run(self) -> None:
        """Append, one after the other, until the window closes."""
        content = bodies(_STEP * self.number)
        where = self._places()
        while not self.window.ended_ns:
            stream, expected = next(where)
            await self._append(stream, expected, [next(content) for _ in range(self.workload.events)])

    def _places(self) -> Iterator[tuple[str, int]]:
        workload = self.workload
        random = Random(SEED + self.number)  # noqa: S311 - repeatable, not secret
        moved: Counter[int] = Counter()
        self._hot = NEW
        while True:
            if workload.hot:
                yield HOT_STREAM, self._hot
            elif workload.existing:
                stride = workload.callers * workload.shares
                chosen = random.randrange(workload.existing // stride) * stride
                chosen += workload.share * workload.callers + self.number
                yield filled_stream(chosen), workload.depth + moved[chosen]
                moved[chosen] += 1
            else:
                yield f"{CATEGORY}-{new_id()}", NEW

    async def _append(self, stream: str, expected: int, batch: list[Body]) -> None:
        outcome, begun = self.outcome, time.perf_counter_ns()
        appended = await self._until_settled(stream, expected, batch)
        if appended is None:
            return
        ended = time.perf_counter_ns()
        self._hot = appended.token
        outcome.acknowledged += appended.events
        outcome.events += len(batch) * (self.window.begun_ns > 0)
        if self.window.holds(ended):
            outcome.nanoseconds.append(ended - begun)

    async def _until_settled(self, stream: str, expected: int, batch: list[Body]) -> Appended | None:
        """Try again after each conflict; None when the window closes meanwhile or the store refuses."""
        while True:
            try:
                return await self.writer.append(stream, expected, batch)
            except Conflict:
                self.outcome.conflicts += self.window.begun_ns > 0
                if self.window.ended_ns:
                    return None
                self._hot = expected = await self.writer.token(stream, expected)
            except Exception as error:
                self.outcome.refused[type(error).__name__] += 1
                return None


async def run_tasks(callers: list[Caller]) -> None:
    """Run the callers as tasks of this event loop."""
    await asyncio.gather(*(caller.run() for caller in callers))


def run_threads(callers: list[Caller]) -> None:
    """Run each caller in a thread of its own."""
    threads = [threading.Thread(target=finish, args=(caller.run(),)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits for an event loop, because what it calls blocks, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a blocking store gave way to an event loop")
