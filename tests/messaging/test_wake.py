"""Relay, local bus and read models begin at once when another process has appended; nobody needs to ask for it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.eventstore import readmodels
from shared.eventstore.engine import open_engine
from shared.eventstore.readmodels import ReadModel, ReadModelRunner, position_of, wait_for
from shared.eventstore.store import EventStore, open_store
from shared.eventstore.wake import Wake, Wakes
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.messaging import local_bus
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.local_bus import LocalBus
from shared.messaging.relay import Relay, RelayPace
from shared.messaging.topics import ensure_topics
from tests.messaging.bed import SINK, Bed, running, sink, until
from tests.messaging.sample import FOLDER, Filed, stream, write

NEVER_S = 600.0  # nobody asks again within a test
SOON_S = 10.0
NOTHING = sa.MetaData(schema="view")
sa.Table("nothing", NOTHING, sa.Column("n", sa.Integer))


async def project(_connection: AsyncConnection, _event: Event, _recorded: Recorded) -> None:
    """Show nothing: the position is enough."""


MODEL = ReadModel(f"nothing_{secrets.token_hex(4)}", 1, NOTHING, FOLDER, project)


@asynccontextmanager
async def another_process(bed: Bed) -> AsyncIterator[EventStore]:
    """Open intake's log as a process of its own does, which tells others of what it appends."""
    dsn = bed.databases.dsn("intake")
    async with Wakes().of("intake", dsn) as wake, open_store(dsn, "intake", wake=wake) as store:
        await listening(wake)
        yield store


async def listening(wake: Wake) -> None:
    async def listens() -> bool:
        return wake.listening

    await until(listens)


@asynccontextmanager
async def resting(part: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run a part, give it the time to find nothing to do, and stop it at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(part(stop))
    await asyncio.sleep(0.3)
    try:
        yield
    finally:
        stop.set()
        await task


async def test_the_relay_is_woken(bed: Bed, settings: KafkaSettings) -> None:
    await ensure_topics(settings, ["intake"])
    async with Wakes().of("intake", bed.databases.dsn("intake")) as wake, another_process(bed) as other:
        await listening(wake)
        pace = RelayPace(shortest_s=NEVER_S, longest_s=NEVER_S)
        relay = Relay(bed.intake.log.pool, "intake", settings, holder="one", wake=wake, pace=pace)
        async with resting(relay.run):
            await write(other, stream(1), Filed(number=1))

            async def published() -> bool:
                return relay.status().position == 1

            async with asyncio.timeout(SOON_S):
                await until(published)


async def test_a_consumer_on_the_local_bus_is_woken(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_SHORTEST_S", "_LONGEST_S"):
        monkeypatch.setattr(local_bus, name, NEVER_S)
    dsns = {log: bed.databases.dsn(log, "bus") for log in ("intake", "adjudication")}
    wakes = Wakes()
    async with (
        LocalBus(dsns, holder="one", wakes=wakes) as bus,
        wakes.of("intake", dsns["intake"]) as wake,
        another_process(bed) as other,
    ):
        await listening(wake)
        async with running(bed.pool, bus, sink()):
            await asyncio.sleep(0.3)
            (event,) = await write(other, stream(1), Filed(number=1))

            async def seen() -> bool:
                return await bed.seen() == [event.event_id]

            async with asyncio.timeout(SOON_S):
                await until(seen)
            await write(other, stream(2), Filed(number=2))  # ends the pause in which the stop would not be seen
    assert await bed.pool.fetchval("SELECT count(*) FROM log.inbox WHERE consumer = $1", SINK) >= 1


async def test_a_read_model_and_who_waits_for_it_are_woken(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHORTEST_PAUSE_S", "LONGEST_PAUSE_S"):
        monkeypatch.setattr(readmodels, name, NEVER_S)
    dsn = bed.databases.dsn("intake")
    engine = open_engine(dsn)
    async with Wakes().of("intake", dsn) as worker, Wakes().of("intake", dsn) as api:
        await listening(worker)
        await listening(api)
        async with another_process(bed) as other, resting(ReadModelRunner(engine, other.log, [MODEL], worker).run):
            await write(other, stream(1), Filed(number=1))
            assert await wait_for(engine, MODEL, 1, SOON_S, worker)
            monkeypatch.setattr(readmodels, "FIRST_LOOK_S", NEVER_S)
            waiting = asyncio.create_task(wait_for(engine, MODEL, 2, SOON_S, api))
            await asyncio.sleep(0.1)
            await write(other, stream(1), Filed(number=2))
            assert await waiting
            assert await position_of(engine, MODEL) == 2
    await engine.dispose()
