"""A bus that goes wrong on purpose: it keeps events back, or is silently dead."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from shared.messaging.bus import Batch, Bus, Subscription
from shared.messaging.places import Partition, Place, Places


class Interference:
    """Passes everything through to `bus`, but `withheld` events only after `release()`."""

    def __init__(self, bus: Bus, *withheld: UUID, dead: int = 0) -> None:
        self.bus, self.withheld, self.dead = bus, set(withheld), dead
        self.kept: list[Batch] = []
        self.released = False
        self.subscriptions = 0

    def release(self) -> None:
        self.released = True

    @asynccontextmanager
    async def subscribe(self, logs: Sequence[str], places: Places) -> AsyncIterator[Subscription]:
        self.subscriptions += 1
        async with self.bus.subscribe(logs, places) as subscription:
            yield _Interfered(self, subscription, dead=self.subscriptions <= self.dead)

    def partitions(self, logs: Sequence[str]) -> frozenset[Partition]:
        return self.bus.partitions(logs)

    async def lag(self, partitions: Collection[Partition], places: Mapping[Partition, Place]) -> int:
        return await self.bus.lag(partitions, places)

    async def lost(self, places: Mapping[Partition, Place]) -> frozenset[Partition]:
        return await self.bus.lost(places)


class _Interfered:
    def __init__(self, bus: Interference, subscription: Subscription, *, dead: bool) -> None:
        self._bus, self._subscription, self._dead = bus, subscription, dead

    async def fetch(self) -> Sequence[Batch]:
        if self._dead:
            await asyncio.sleep(0.01)
            return []
        if self._bus.released and self._bus.kept:
            kept, self._bus.kept = self._bus.kept, []
            return kept
        return [self._without(batch) for batch in await self._subscription.fetch()]

    def current(self, batch: Batch) -> bool:
        return self._subscription.current(batch)

    def assigned(self) -> frozenset[Partition] | None:
        return None if self._dead else self._subscription.assigned()

    def _without(self, batch: Batch) -> Batch:
        kept = tuple(recorded for recorded in batch.records if recorded.event_id in self._bus.withheld)
        if not kept or self._bus.released:
            return batch
        self._bus.kept.append(replace(batch, records=kept))
        return replace(batch, records=tuple(recorded for recorded in batch.records if recorded not in kept))
