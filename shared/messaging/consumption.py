"""The life of one consumer: subscribe, fetch, take, again; an outage is waited out, nothing is ever skipped."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.database.pool import Pool
from shared.messaging import parking
from shared.messaging.alarm import Alarm
from shared.messaging.bus import Batch, Bus, Subscription
from shared.messaging.consumer import Consumer, Sink
from shared.messaging.failures import code_of, is_outage
from shared.messaging.intake import HandlerIntake, Intake, SinkIntake
from shared.messaging.places import PlaceMoved, Places
from shared.messaging.waiting import Backoff, is_stray, monotonic, pause

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """Times in seconds: tiers of attempts at a parked head, pauses in an outage, and the watchdog's.

    The watchdog looks every `watch_s` and rebuilds a subscription that made no progress for `stuck_s` although there
    is lag. Parked heads are looked for every `drain_s`, and tried for `drain_for_s` at most before arriving events have
    their turn again.
    """

    tiers_s: tuple[float, ...] = parking.TIERS_S
    shortest_s: float = 0.1
    longest_s: float = 10.0
    drain_s: float = 0.5
    drain_for_s: float = 1.0
    watch_s: float = 15.0
    stuck_s: float = 60.0


@dataclass(frozen=True)
class ConsumerStatus:
    """What /readyz shows. `state`: running, failing or stopped (an operator has to look); `code`: the last error."""

    name: str
    state: str
    code: str | None
    lag: int | None
    parked: int | None


class Consumption:
    """One consumer or sink on one bus."""

    def __init__(self, subject: Consumer | Sink, pool: Pool, bus: Bus, pace: Pace) -> None:
        self._subject, self._pool, self._bus, self._pace = subject, pool, bus, pace
        self._intake: Intake = (
            SinkIntake(pool, subject, pace.tiers_s)
            if isinstance(subject, Sink)
            else HandlerIntake(pool, subject, pace.tiers_s)
        )
        self._places = Places(pool, subject.name)
        self._subscription: Subscription | None = None
        self._rebuild = asyncio.Event()
        self._progress_at = self._drained_at = float("-inf")
        self._state, self._code = "running", ""
        self._lag: int | None = None
        self._parked: int | None = None

    def status(self) -> ConsumerStatus:
        """Return what is known; lag and parked events as the watchdog last saw them."""
        return ConsumerStatus(self._subject.name, self._state, self._code or None, self._lag, self._parked)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, or until only an operator can help."""
        trouble = Backoff(self._pace.shortest_s, self._pace.longest_s)
        while not stop.is_set():
            try:
                await self._subscribed(stop, trouble)
            except Alarm as error:
                self._report("stopped", error)
                return
            except (Exception, asyncio.CancelledError) as error:
                if not (isinstance(error, Exception) or is_stray(error)):
                    raise
                self._report("failing", error)
                await pause(stop, trouble.next())

    async def watch(self, stop: asyncio.Event) -> None:
        """Measure lag and parked events, and rebuild a subscription that is silently dead or reads a new topic."""
        while not stop.is_set():
            await pause(stop, self._pace.watch_s)
            try:
                await self.look()
            except (Exception, asyncio.CancelledError) as error:
                if not (isinstance(error, Exception) or is_stray(error)):
                    raise
                logger.warning("%s cannot be watched: %s", self._subject.name, code_of(error))

    async def look(self) -> None:
        """Do the watchdog's work once."""
        self._parked = await parking.count_parked(self._pool, self._subject.name)
        assigned = self._subscription.assigned() if self._subscription else None
        partitions = self._bus.partitions(self._subject.logs) if assigned is None else assigned
        known = {partition: place for partition, place in self._places.standing().items() if partition in partitions}
        self._lag = await self._bus.lag(partitions, known) if partitions else 0
        stuck = self._lag > 0 and monotonic() - self._progress_at > self._pace.stuck_s
        if stuck or await self._bus.lost(known):
            logger.warning("%s subscribes again: %s", self._subject.name, "no progress" if stuck else "topic is new")
            self._rebuild.set()

    async def _subscribed(self, stop: asyncio.Event, trouble: Backoff) -> None:
        self._rebuild.clear()
        self._progress_at = monotonic()
        self._places = Places(self._pool, self._subject.name)
        async with self._bus.subscribe(self._subject.logs, self._places) as subscription:
            self._subscription = subscription
            try:
                working = asyncio.ensure_future(self._rounds(subscription, stop, trouble))
                await self._until_rebuild(working)
            finally:
                self._subscription = None

    async def _until_rebuild(self, working: asyncio.Future[None]) -> None:
        """Wait for the rounds to end; a rebuild ends them wherever they hang."""
        rebuild = asyncio.ensure_future(self._rebuild.wait())
        both: list[asyncio.Future[Any]] = [working, rebuild]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            for future in both:
                future.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _rounds(self, subscription: Subscription, stop: asyncio.Event, trouble: Backoff) -> None:
        while not stop.is_set():
            batches = await subscription.fetch()
            while not stop.is_set() and not await self._taken(subscription, batches):
                await pause(stop, trouble.next())
            trouble.reset()
            if subscription.assigned() is not None:
                self._state = "running"
            if batches:
                self._progress_at = monotonic()

    async def _taken(self, subscription: Subscription, batches: Sequence[Batch]) -> bool:
        """Deal with what was fetched; False when an outage wants it to be tried again."""
        try:
            if mine := [batch for batch in batches if subscription.current(batch)]:
                await self._intake.take(mine, self._places)
            if monotonic() - self._drained_at >= self._pace.drain_s:
                await self._intake.drain(self._pace.drain_for_s)
                self._drained_at = monotonic()
        except PlaceMoved:
            raise
        except Exception as error:
            if not is_outage(error):
                raise
            self._report("failing", error)
            return False
        return True

    def _report(self, state: str, error: BaseException) -> None:
        if (self._state, self._code) != (state, code_of(error)):
            logger.error("%s %s: %s", self._subject.name, state, code_of(error))
        self._state, self._code = state, code_of(error)
