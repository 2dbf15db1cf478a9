"""Runs the consumers and sinks of one service, each on its own, and tells how they are."""

import asyncio
from collections.abc import Sequence

from shared.database.pool import Pool
from shared.messaging.bus import Bus
from shared.messaging.consumer import Consumer, Sink
from shared.messaging.consumption import ConsumerStatus, Consumption, Pace


class ConsumerRunner:
    """All consumers of a service against its own database; any number of processes may run the same."""

    def __init__(self, pool: Pool, bus: Bus, subjects: Sequence[Consumer | Sink], pace: Pace | None = None) -> None:
        names = [subject.name for subject in subjects]
        if len(set(names)) < len(names):
            raise ValueError(f"two consumers share a name: {names}")
        self._consumptions = [Consumption(subject, pool, bus, pace or Pace()) for subject in subjects]

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; one consumer that has to stop does not stop the others."""
        async with asyncio.TaskGroup() as group:
            for consumption in self._consumptions:
                group.create_task(consumption.run(stop))
                group.create_task(consumption.watch(stop))

    def status(self) -> list[ConsumerStatus]:
        """Return how each consumer is, for /readyz."""
        return [consumption.status() for consumption in self._consumptions]
