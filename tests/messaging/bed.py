"""What every test of this folder stands on: two writing services, one consuming service, and a way between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from shared.database.databases import Databases
from shared.database.pool import Pool
from shared.eventstore.errors import Overloaded
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.recorded import Recorded
from shared.messaging.bus import Bus
from shared.messaging.connections import Connection
from shared.messaging.consumer import Consumer, Sink
from shared.messaging.consumption import ConsumerStatus, Pace
from shared.messaging.message import Message
from shared.messaging.places import Partition, Place
from shared.messaging.runner import ConsumerRunner
from tests.messaging.sample import COPY, FOLDER, Copied, Filed

LOGS = ("intake", "adjudication")
SERVICES = (*LOGS, "archive")
CONSUMER, SINK = "archive.folders", "archive.everything"
BRISK = Pace(tiers_s=(3600.0,), shortest_s=0.01, longest_s=0.05, drain_s=0.02, watch_s=0.05, stuck_s=60.0)
PATIENCE_S = 30.0


@dataclass
class Bed:
    """`sources` write, `target` consumes; `databases` leads to all of them."""

    databases: Databases
    sources: dict[str, EventStore]
    target: EventStore

    @property
    def intake(self) -> EventStore:
        return self.sources["intake"]

    @property
    def pool(self) -> Pool:
        return self.target.log.pool

    async def copies(self) -> list[Copied]:
        """Return the effects in the consuming service, in order."""
        page = await self.target.log.read_page(after=0)
        return [Copied.model_validate_json(event.payload) for event in page if event.type == "Copied"]

    async def seen(self) -> list[UUID]:
        """Return the event ids that the sink has written, in order."""
        return [row["event_id"] for row in await self.pool.fetch("SELECT event_id FROM app.seen ORDER BY n")]

    async def lag(self, bus: Bus, consumer: str, logs: Sequence[str] = LOGS) -> int:
        """Return how much a consumer has not dealt with yet, by its rows."""
        rows = await self.pool.fetch(
            "SELECT topic, partition, last_offset, event_id FROM log.places WHERE consumer = $1", consumer
        )
        places = {Partition(row["topic"], row["partition"]): Place(row["last_offset"], row["event_id"]) for row in rows}
        return await bus.lag(bus.partitions(logs), places)

    async def dealt_with(self, bus: Bus, consumer: str, logs: Sequence[str] = LOGS) -> None:
        """Wait until the consumer has dealt with everything."""
        await until(lambda: self._nothing_left(bus, consumer, logs))

    async def _nothing_left(self, bus: Bus, consumer: str, logs: Sequence[str]) -> bool:
        return await self.lag(bus, consumer, logs) == 0


@asynccontextmanager
async def administrator(databases: Databases, service: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect as whoever restores a backup does."""
    connection = await asyncpg.connect(databases.admin(service))
    try:
        yield connection
    finally:
        await connection.close()


async def wipe(databases: Databases, service: str, after: int = 0) -> None:
    """Make a log as an older copy of it was: nothing behind position `after`; 0: as if it were new."""
    async with administrator(databases, service) as admin, admin.transaction():
        await admin.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_never_changed")
        await admin.execute("DELETE FROM log.events WHERE position > $1", after)
        await admin.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_changed")
        await admin.execute(
            "UPDATE log.head SET stopped = NULL, position = $1,"
            " recorded_at = coalesce((SELECT max(recorded_at) FROM log.events), 'epoch')",
            after,
        )
        await admin.execute("UPDATE log.relay SET position = least(position, $1)", after)
        if after == 0:
            await admin.execute("UPDATE log.relay SET position = 0, event_id = NULL")
            for table in ("inbox", "lease", "places", "parked", "relay_partitions", "restorations"):
                await admin.execute(f"DELETE FROM log.{table}")
            if service == "archive":
                await admin.execute("DELETE FROM app.seen")


@dataclass
class Copier:
    """The handler of the consuming service; `poison` events fail, `outages` of the next calls meet a full queue."""

    store: EventStore
    poison: set[UUID] = field(default_factory=set)
    outages: int = 0
    before: Callable[[Message], Awaitable[None]] | None = None
    after: Callable[[Message], Awaitable[None]] | None = None

    async def __call__(self, event: Filed, message: Message) -> None:
        if self.before:
            await self.before(message)
        if message.recorded.event_id in self.poison:
            raise RuntimeError("text that must not be kept")
        if self.outages:
            self.outages -= 1
            raise Overloaded(0.01)
        command = Copied(source=message.recorded.event_id, number=event.number)
        await transact(
            *(self.store, COPY, message.recorded.stream_id, command),
            rules=None,
            cause=message.cause("copier"),
            watermark=message.watermark,
            wait=True,
        )
        if self.after:
            await self.after(message)

    def consumer(self, *logs: str) -> Consumer:
        return Consumer(CONSUMER, logs or LOGS, FOLDER, {Filed: self})


def sink(poison: set[UUID] = frozenset()) -> Sink:  # type: ignore[assignment]
    """Return a sink that writes what it takes to `app.seen`, which would show a second time."""

    async def take(connection: Connection, events: Sequence[Recorded]) -> None:
        if poison & {event.event_id for event in events}:
            raise ValueError("text that must not be kept")
        rows = [(event.log, event.stream, event.version, event.event_id) for event in events]
        await connection.executemany(
            "INSERT INTO app.seen (log, stream, version, event_id) VALUES ($1, $2, $3, $4)", rows
        )

    return Sink(SINK, LOGS, take)


@asynccontextmanager
async def running(
    pool: Pool, bus: Bus, *subjects: Consumer | Sink, pace: Pace = BRISK
) -> AsyncIterator[ConsumerRunner]:
    """Run consumers until the block ends, in order."""
    runner, stop = ConsumerRunner(pool, bus, subjects, pace), asyncio.Event()
    task = asyncio.create_task(runner.run(stop))
    try:
        yield runner
    finally:
        stop.set()
        await task


@asynccontextmanager
async def killed(pool: Pool, bus: Bus, *subjects: Consumer | Sink) -> AsyncIterator[None]:
    """Run consumers and cancel them wherever they are when the block ends."""
    task = asyncio.create_task(ConsumerRunner(pool, bus, subjects, BRISK).run(asyncio.Event()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `condition` holds; raises TimeoutError if it does not within half a minute."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await asyncio.sleep(0.02)


async def status_is(runner: ConsumerRunner, wanted: Callable[[ConsumerStatus], bool]) -> ConsumerStatus:
    """Wait for a status of the first consumer."""

    async def shown() -> bool:
        return wanted(runner.status()[0])

    await until(shown)
    return runner.status()[0]
