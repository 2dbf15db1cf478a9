"""The worker of one service: read models, consumers and (with Kafka) the relay, until it is told to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.authz.nonces import purge_nonces
from shared.database.pool import Pool
from shared.eventstore.idempotency import purge_idempotency
from shared.eventstore.readmodels import ReadModel, ReadModelRunner, statuses
from shared.hosting.opened import Opened
from shared.kernel.ids import new_id
from shared.messaging.consumer import Consumer, Sink
from shared.messaging.failures import code_of
from shared.messaging.relay import Relay
from shared.messaging.runner import ConsumerRunner
from shared.messaging.topics import check_topics
from shared.messaging.waiting import pause

Part = Callable[[asyncio.Event], Awaitable[None]]
PURGE_EVERY_S, PURGE_RETRY_S = 3600.0, 60.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    """The parts that run side by side; each supervises itself, so one that ends with an error ends the worker."""

    name: str
    consumers: ConsumerRunner
    relay: Relay | None
    engine: AsyncEngine
    parts: Sequence[Part]

    async def run(self, stop: asyncio.Event) -> None:
        """Run every part until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            for part in self.parts:
                group.create_task(_run(part, stop))

    async def healthy(self) -> bool:
        """Tell whether no consumer, no relay and no read model stands still."""
        states = [status.state for status in self.consumers.status()]
        if self.relay is not None:
            states.append(self.relay.status().state)
        return "stopped" not in states and all(model.error is None for model in await statuses(self.engine))


@asynccontextmanager
async def open_worker(
    opened: Opened, consumers: Sequence[Consumer | Sink], models: Sequence[ReadModel]
) -> AsyncIterator[Worker]:
    """Put the worker of `opened` together; raises TopicMismatch when Kafka's topics are not as they have to be."""
    holder = f"{opened.name}.{new_id()}"
    installation, log = opened.installation, opened.store.log
    relay = None
    if installation.kafka is not None:
        logs = {opened.name, *(log for consumer in consumers for log in consumer.logs)}
        await check_topics(installation.kafka, sorted(logs))
        relay = Relay(log.pool, opened.name, installation.kafka, holder=holder, wake=opened.wake)
    async with installation.bus(holder) as bus:
        runner = ConsumerRunner(log.pool, bus, consumers)
        views = ReadModelRunner(opened.engine, log, models, opened.wake)
        parts: list[Part] = [runner.run, views.run, purging(log.pool)]
        yield Worker(opened.name, runner, relay, opened.engine, [*parts, relay.run] if relay else parts)


async def _run(part: Part, stop: asyncio.Event) -> None:
    await part(stop)


def purging(pool: Pool, *, every_s: float = PURGE_EVERY_S, retry_s: float = PURGE_RETRY_S) -> Part:
    """Return the part that forgets records whose time is over: of idempotency, and of nonces.

    A failure only makes it wait `retry_s`.
    """

    async def purge(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await purge_idempotency(pool)
                await purge_nonces(pool)
            except Exception as error:
                logger.warning("records whose time is over were not purged: %s", code_of(error))
                await pause(stop, retry_s)
            else:
                await pause(stop, every_s)

    return purge
