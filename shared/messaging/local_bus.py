"""The bus without a broker: tails the other services' logs in PostgreSQL, partitioned by the same key.

The offset is the position in the log. A lease for each consumer saves double work; what makes two members harmless is
what makes them harmless on Kafka: watermarks, and places moved by compare-and-swap.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, Self

from shared.database.pool import open_pool
from shared.eventstore.log import EventLog
from shared.eventstore.wake import Signal, Wakes
from shared.kernel.recorded import Recorded
from shared.messaging.bus import Batch
from shared.messaging.holding import Holding
from shared.messaging.places import Partition, Place, Places
from shared.messaging.topics import PARTITIONS, partition_of
from shared.messaging.waiting import Backoff

CONNECTIONS = 1  # to each log, and one that is told when it grows
_TOPIC = "log:"
_SHORTEST_S, _LONGEST_S, _LEASE_S = 0.1, 0.25, 10.0


class Chooser(Protocol):
    """What tests use of `random.Random` to interleave partitions and to deliver again."""

    def randint(self, a: int, b: int, /) -> int: ...


class LocalBus:
    """Tails logs by the DSNs of the bus role; use as `async with`. `holder` names this process, `wakes` are its own.

    With a `chooser` it delivers a part of each partition at a time, and again what was delivered before.
    """

    def __init__(
        self,
        dsns: Mapping[str, str],
        *,
        holder: str,
        wakes: Wakes | None = None,
        chooser: Chooser | None = None,
        page: int = 1000,
    ) -> None:
        self.holder, self.chooser, self.page = holder, chooser, page
        self.grown = Signal()
        self._dsns, self._wakes = dsns, wakes or Wakes()
        self._logs: dict[str, EventLog] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for log, dsn in self._dsns.items():
            pool = await self._open.enter_async_context(open_pool(dsn, CONNECTIONS, at_least=0))
            self._logs[log] = EventLog(pool, log)
            wake = await self._open.enter_async_context(self._wakes.of(log, dsn))
            self._open.enter_context(wake.log.passed_on(self.grown.ring))
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._open.aclose()

    @asynccontextmanager
    async def subscribe(self, logs: Sequence[str], places: Places) -> AsyncIterator["LocalSubscription"]:
        """Tail the logs whenever the consumer's lease is ours."""
        lease = Holding(places.pool, f"consumer.{places.consumer}", self.holder, _LEASE_S)
        try:
            yield LocalSubscription(self, logs, places, lease)
        finally:
            await lease.release()

    def partitions(self, logs: Sequence[str]) -> frozenset[Partition]:
        """Return all partitions of `logs`."""
        return frozenset(Partition(_TOPIC + log, number) for log in logs for number in range(PARTITIONS))

    async def lag(self, partitions: Collection[Partition], places: Mapping[Partition, Place]) -> int:
        """Return how many events of the logs stand behind the place that is furthest back."""
        return sum(
            [
                await self.log(topic).head() - min(_offset(places, p) for p in partitions if p.topic == topic)
                for topic in {partition.topic for partition in partitions}
            ]
        )

    async def lost(self, places: Mapping[Partition, Place]) -> frozenset[Partition]:
        """Return the partitions in which another event, or none, stands at the place: the log came from a backup."""
        return frozenset([partition for partition, place in places.items() if not await self._stands(partition, place)])

    def log(self, topic: str) -> EventLog:
        """Return the log of a topic."""
        return self._logs[topic.removeprefix(_TOPIC)]

    async def _stands(self, partition: Partition, place: Place) -> bool:
        event = await self.log(partition.topic).event(place.event_id)
        return event is not None and event.position == place.offset


class LocalSubscription:
    """All partitions while the lease is ours, none otherwise."""

    def __init__(self, bus: LocalBus, logs: Sequence[str], places: Places, lease: Holding) -> None:
        self._bus, self._places, self._lease = bus, places, lease
        self._all = bus.partitions(logs)
        self._at: dict[Partition, int] | None = None  # the last offset that was fetched; None without the lease
        self._assignment = 0
        self._idle = Backoff(_SHORTEST_S, _LONGEST_S)

    async def fetch(self) -> Sequence[Batch]:
        """Return what follows in every log; waits at most a quarter of a second for it."""
        if not await self._lease.hold():
            self._at = None
            await asyncio.sleep(_LONGEST_S)
            return []
        seen = self._bus.grown.count
        if self._at is None:
            self._at = await self._begin()
        batches = [
            batch for topic in sorted({p.topic for p in self._all}) for batch in await self._page(topic, self._at)
        ]
        if batches:
            self._idle.reset()
        else:
            await self._bus.grown.pause(seen, self._idle.next())
        return batches

    def current(self, batch: Batch) -> bool:
        """Return whether the lease is ours without interruption."""
        return self._at is not None and batch.assignment == self._assignment

    def assigned(self) -> frozenset[Partition] | None:
        """Return all partitions or none."""
        return frozenset() if self._at is None else self._all

    async def _begin(self) -> dict[Partition, int]:
        known = await self._places.load({partition.topic for partition in self._all})
        mine = {partition: place for partition, place in known.items() if partition in self._all}
        lost = await self._bus.lost(mine)
        self._places.void(lost)
        self._assignment += 1
        return {p: 0 if p in lost or p not in mine else mine[p].offset for p in self._all}

    async def _page(self, topic: str, at: dict[Partition, int]) -> list[Batch]:
        """Read on from the partition that is furthest back; partitions without an event in the page move along."""
        mine = sorted(partition for partition in self._all if partition.topic == topic)
        page = await self._bus.log(topic).read_page(after=min(at[p] for p in mine), limit=self._bus.page)
        if not page:
            return []
        split: dict[int, list[Recorded]] = {}
        for recorded in page:
            split.setdefault(partition_of(recorded.stream), []).append(recorded)
        batches = []
        for partition in mine:
            new = [recorded for recorded in split.get(partition.number, []) if recorded.position > at[partition]]
            records, last = self._choose(new, page[-1])
            if last is not None and last.position > at[partition]:
                at[partition] = last.position
                end = Place(last.position, last.event_id)
                batches.append(Batch(partition, tuple(records), end, self._assignment))
        self._deliver_again(mine, at)
        return batches

    def _choose(self, new: list[Recorded], last: Recorded) -> tuple[list[Recorded], Recorded | None]:
        """Return what is delivered of a partition and where it then stands: everything, unless a test chooses."""
        chooser = self._bus.chooser
        if chooser is None or not new:
            return new, last
        part = new[: chooser.randint(0, len(new))]
        return part, (part[-1] if part else None) if len(part) < len(new) else last

    def _deliver_again(self, mine: Sequence[Partition], at: dict[Partition, int]) -> None:
        """Let a test go back in one partition, as a broker may after a crash of the member."""
        chooser = self._bus.chooser
        if chooser is not None and chooser.randint(0, 3) == 0:
            partition = mine[chooser.randint(0, len(mine) - 1)]
            at[partition] = chooser.randint(0, at[partition])


def _offset(places: Mapping[Partition, Place], partition: Partition) -> int:
    return places[partition].offset if partition in places else 0
