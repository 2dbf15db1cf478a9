"""Publishes one log to its topic, in order and at least once; the log itself is the outbox.

Only the holder of the lease publishes, and only the holder of the newest epoch moves the checkpoint. The order is
always: read, send, await every acknowledgement, then the checkpoint; dying in between gives duplicates, never a loss.
While a full page is on its way the next one is read and packed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.database.pool import Pool
from shared.eventstore.ahead import drop
from shared.eventstore.log import EventLog
from shared.eventstore.wake import Wake
from shared.messaging import checkpoint
from shared.messaging.checkpoint import CheckpointRefused, Claim, PartitionEnd
from shared.messaging.evidence import LogBehindBus, check_log, lost_partitions
from shared.messaging.holding import Holding
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.producer import Acknowledged, Packed, Publisher, pack
from shared.messaging.reader import open_reader
from shared.messaging.topics import topic_name
from shared.messaging.waiting import Backoff, is_stray, monotonic, pause

logger = logging.getLogger(__name__)

Hook = Callable[[str], Awaitable[None]]
_NEVER = float("-inf")
_PATIENCE_S = 5.0


@dataclass(frozen=True)
class RelayPace:
    """Events in a page, and times in seconds: between two looks at the brokers, shortest and longest pause, lease."""

    page: int = 2000
    look_s: float = 30.0
    shortest_s: float = 0.1
    longest_s: float = 0.5
    lease_s: float = 10.0


@dataclass(frozen=True)
class RelayStatus:
    """What /readyz shows. `state`: waiting (another relay is active), publishing, failing or stopped; `code`: why."""

    state: str
    code: str | None
    epoch: int
    position: int


async def no_hook(_point: str) -> None:
    """Do nothing at the named points of the relay; tests let it die there."""


class Relay:
    """The relay of one log. Any number may run, one is active; close it, or let `run` do so."""

    def __init__(
        self,
        pool: Pool,
        log: str,
        settings: KafkaSettings,
        *,
        holder: str,
        wake: Wake | None = None,
        pace: RelayPace | None = None,
        hook: Hook = no_hook,
    ) -> None:
        self._pool, self._settings, self._hook = pool, settings, hook
        self._pace = pace or RelayPace()
        self._grown = (wake or Wake()).log
        self._log = EventLog(pool, log)
        self._topic = topic_name(settings.topic_prefix, log)
        self._lease = Holding(pool, f"relay.{log}", holder, self._pace.lease_s)
        self._publisher = Publisher(settings, log)
        self._claim: Claim | None = None
        self._ends: dict[int, PartitionEnd] = {}
        self._ahead: tuple[int, asyncio.Task[Packed]] | None = None
        self._looking: asyncio.Task[tuple[int, ...]] | None = None
        self._looked_at = _NEVER
        self._state: tuple[str, str | None] = ("waiting", None)

    def status(self) -> RelayStatus:
        """Return what this relay does at present."""
        claim = self._claim
        return RelayStatus(*self._state, claim.epoch if claim else 0, claim.position if claim else 0)

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set; failures are logged by class name and tried again."""
        idle = Backoff(self._pace.shortest_s, self._pace.longest_s)
        trouble = Backoff(self._pace.longest_s, self._pace.look_s)
        try:
            while not stop.is_set():
                seen = self._grown.count
                published = await self._supervised_step()
                if self._state[0] in ("failing", "stopped"):
                    await pause(stop, trouble.next())
                    continue
                trouble.reset()
                if published:
                    idle.reset()
                elif self._state[0] == "waiting":
                    await pause(stop, idle.next())
                else:
                    await self._grown.pause(seen, idle.next(), stop)
        finally:
            await self.close()

    async def close(self) -> None:
        """Drop the producer and give the lease back."""
        ending = [task for task in (self._ahead and self._ahead[1], self._looking) if task]
        self._forget()
        if ending:
            await asyncio.wait(ending, timeout=_PATIENCE_S)
        await self._publisher.close()
        await self._lease.release()

    async def step(self) -> int:
        """Publish one page and return its length; 0 if there is nothing to do or another relay is active.

        Raises LogBehindBus, CheckpointRefused, PublishFailed and what the clients raise.
        """
        try:
            return await self._step()
        except BaseException:
            self._forget()
            raise

    async def _step(self) -> int:
        if not await self._lease.hold():
            self._claim, self._state = None, ("waiting", None)
            self._forget()
            return 0
        claim = self._claim or await self._take_over()
        claim = await self._looked(claim)
        self._state = ("publishing", None)
        packed = await self._next(claim.position)
        if not packed.page:
            return 0
        done = await self._publisher.publish(packed)
        await self._hook("acknowledged")
        if lost := self._regressed(done):
            await self._refill(claim, lost)
            return 0
        self._claim = await checkpoint.advance(self._pool, claim, packed.page[-1], done)
        self._ends |= {a.partition: PartitionEnd(a.end, a.last.event_id) for a in done}
        return len(packed.page)

    async def _next(self, after: int) -> Packed:
        """Return the page that follows `after`, and begin to make the one behind a full page ready."""
        if self._ahead and self._ahead[0] == after:
            packed = await self._ahead[1]
        else:
            drop(self._ahead and self._ahead[1])
            packed = await self._packed(after)
        self._ahead = None
        if len(packed.page) == self._pace.page:
            position = packed.page[-1].position
            self._ahead = position, asyncio.create_task(self._packed(position))
        return packed

    async def _packed(self, after: int) -> Packed:
        return pack(await self._log.read_page(after=after, limit=self._pace.page))

    def _forget(self) -> None:
        """Drop what is under way for the next step: after trouble, or under another epoch, the world may be another."""
        for task in (self._ahead and self._ahead[1], self._looking):
            drop(task)
        self._ahead = self._looking = None

    async def _supervised_step(self) -> int:
        try:
            return await self.step()
        except CheckpointRefused:
            self._claim, self._state = None, ("waiting", None)
        except LogBehindBus as error:
            self._trouble("stopped", error.code)
        except (Exception, asyncio.CancelledError) as error:
            if not (isinstance(error, Exception) or is_stray(error)):
                raise
            self._trouble("failing", type(error).__name__)
        return 0

    def _trouble(self, state: str, code: str) -> None:
        if self._state != (state, code):
            logger.error("relay of %s %s: %s", self._log.name, state, code)
        self._state, self._looked_at = (state, code), _NEVER

    async def _take_over(self) -> Claim:
        self._claim = await checkpoint.take_over(self._pool, self._log.name)
        self._ends = await checkpoint.ends(self._pool, self._log.name)
        self._looked_at = _NEVER
        await self._hook("taken-over")
        return self._claim

    async def _looked(self, claim: Claim) -> Claim:
        """Compare log and topic before the first page and after trouble; every `look_s` beside the publishing.

        Stand still if the log has lost something, begin again if the topic has.
        """
        if self._looking is None and monotonic() - self._looked_at >= self._pace.look_s:
            self._looking = asyncio.create_task(self._compare(dict(self._ends)))
        if self._looking is None or not (self._looked_at == _NEVER or self._looking.done()):
            return claim
        try:
            lost = await self._looking
        except LogBehindBus as error:
            await checkpoint.mark(self._pool, claim, error.code)
            raise
        await checkpoint.mark(self._pool, claim, None)
        self._looking, self._looked_at = None, monotonic()
        return await self._refill(claim, lost) if lost else claim

    async def _compare(self, ends: dict[int, PartitionEnd]) -> tuple[int, ...]:
        """Return the partitions that have lost something; raises LogBehindBus if the log has."""
        async with open_reader(self._settings) as reader:
            tails = await reader.tails(self._topic)
            standing = await reader.at(self._topic, {number: end.offset - 1 for number, end in ends.items()})
        await check_log(self._log, tails)
        return lost_partitions(ends, standing)

    def _regressed(self, done: Sequence[Acknowledged]) -> tuple[int, ...]:
        """Return the partitions that acknowledged an offset which was given before: the broker is shorter."""
        return tuple(
            a.partition for a in done if a.partition in self._ends and a.begin < self._ends[a.partition].offset
        )

    async def _refill(self, claim: Claim, lost: Sequence[int]) -> Claim:
        """Begin again with the first event: what is left of a partition is no evidence of what came before."""
        logger.warning("topic %s has lost records in partitions %s: publishing again", self._topic, list(lost))
        self._claim = await checkpoint.begin_again(self._pool, claim, lost)
        self._ends = {number: end for number, end in self._ends.items() if number not in lost}
        return self._claim
