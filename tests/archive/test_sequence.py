"""Archive brings all logs into one order, dense and without a hole, however they arrive; a fork stops it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - seeded, in a test
from uuid import UUID, uuid5

import asyncpg
import pytest

from services.archive.adapters.sequence import Forked, collect, sequenced
from services.archive.worker import COLLECTION
from shared.database.databases import BUS, SERVICES, Databases
from shared.database.pool import Pool
from shared.eventstore.store import open_store
from shared.kernel.recorded import Recorded
from shared.messaging.local_bus import LocalBus
from shared.messaging.parking import list_parked
from tests.messaging.bed import running, status_is
from tests.messaging.sample import Filed, stream, write

MANY = 1201


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    """Connections of archive's own role."""
    async with asyncpg.create_pool(databases.dsn("archive"), min_size=0, max_size=2) as made:
        yield made


def event(log: str, position: int, salt: str = "") -> Recorded:
    """Return the event at a position, each in a stream of its own."""
    event_id = uuid5(UUID(int=0), f"{log} {position} {salt}")
    metadata = b'{"traceparent":null}'
    recorded_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=position)
    payload = b'{"number":%d}' % position
    return Recorded(log, position, f"folder-{event_id}", 1, event_id, "Filed", 1, payload, metadata, recorded_at)


def events(log: str, positions: Iterable[int]) -> list[Recorded]:
    return [event(log, position) for position in positions]


async def arrive(pool: Pool, *batches: Sequence[Recorded]) -> None:
    """Take the batches in, a transaction for each, as the sink does."""
    for batch in batches:
        async with pool.acquire() as connection, connection.transaction():
            await collect(connection, batch)


async def positions(pool: Pool, log: str = "intake") -> list[int]:
    return [each.position for _, each in await sequenced(pool, 0, 10_000) if each.log == log]


async def test_logs_that_arrive_in_any_order_have_one_dense_order(pool: Pool) -> None:
    written = [each for log in SERVICES for each in events(log, range(1, 26))]
    chance = Random(7)
    arriving = chance.sample(written, len(written))
    while arriving:
        size = chance.randint(1, 9)
        await arrive(pool, arriving[:size])
        arriving = arriving[size:]
        assert [index for index, _ in await sequenced(pool, 0, 1000)] == list(
            range(await pool.fetchval("SELECT next_index FROM app.sequence_head"))
        )
    order = await sequenced(pool, 0, 1000)
    assert [index for index, _ in order] == list(range(100))
    for log in SERVICES:
        assert [each for _, each in order if each.log == log] == events(log, range(1, 26))
    hashes = await pool.fetch("SELECT hash FROM app.sequence ORDER BY index")
    assert [row["hash"].hex() for row in hashes] == [each.hash for _, each in order]


async def test_the_order_is_read_in_pages(pool: Pool) -> None:
    await arrive(pool, events("intake", range(1, 8)))
    assert [index for index, _ in await sequenced(pool, 3, 3)] == [3, 4, 5]


async def test_what_comes_after_a_gap_waits_until_it_is_filled(pool: Pool) -> None:
    await arrive(pool, events("intake", [1, 3, 4, 7]), events("archive", [1]))
    assert (await positions(pool), await positions(pool, "archive")) == ([1], [1])
    await arrive(pool, events("intake", [2]))
    assert await positions(pool) == [1, 2, 3, 4]
    await arrive(pool, events("intake", [6]), events("intake", [5]))
    assert await positions(pool) == list(range(1, 8))


async def test_much_that_has_waited_is_sequenced_at_once(pool: Pool) -> None:
    await arrive(pool, events("intake", range(2, MANY + 1)))
    assert await positions(pool) == []
    await arrive(pool, events("intake", [1]))
    assert await positions(pool) == list(range(1, MANY + 1))


async def test_what_arrives_again_keeps_its_place(pool: Pool) -> None:
    await arrive(pool, events("intake", [1, 3]))
    before = await sequenced(pool, 0, 10)
    await arrive(pool, events("intake", [1, 3]), events("intake", [1, 1]))
    assert await sequenced(pool, 0, 10) == before
    await arrive(pool, events("intake", [1, 2, 3]))
    assert await positions(pool) == [1, 2, 3]


@pytest.mark.parametrize(
    "fork",
    [
        event("intake", 1, "another"),
        event("intake", 9)._replace(event_id=event("intake", 1).event_id),
        event("intake", 9)._replace(stream=event("intake", 1).stream),
        event("intake", 1)._replace(payload=b'{"other":"bytes"}'),
        event("intake", 1)._replace(metadata=b'{"other":"bytes"}'),
    ],
    ids=["same position", "same id", "same version of the stream", "same event, other payload", "other metadata"],
)
async def test_a_fork_takes_nothing_of_its_batch_in(pool: Pool, fork: Recorded) -> None:
    await arrive(pool, events("intake", [1]))
    with pytest.raises(Forked):
        await arrive(pool, [event("intake", 2), fork])
    assert await positions(pool) == [1]
    assert await pool.fetchval("SELECT count(*) FROM app.collected") == 1


async def test_a_fork_stops_the_consumer_and_parks_nothing(databases: Databases, pool: Pool) -> None:
    await arrive(pool, [event("intake", 1, "as it was before the restore")])
    dsns = {log: databases.dsn(log, BUS) for log in SERVICES}
    async with open_store(databases.dsn("intake"), "intake") as intake, LocalBus(dsns, holder="one") as bus:
        await write(intake, stream(1), Filed(number=1))
        async with running(pool, bus, COLLECTION) as runner:
            status = await status_is(runner, lambda status: status.state != "running")
    assert (status.state, status.code) == ("stopped", "Forked")
    assert await list_parked(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM log.places") == 0
    assert await pool.fetchval("SELECT count(*) FROM app.collected") == 1


@pytest.mark.parametrize("table", ["app.collected", "app.sequence"])
async def test_neither_the_service_nor_a_superuser_changes_what_was_taken_in(
    databases: Databases, pool: Pool, table: str
) -> None:
    await arrive(pool, events("intake", [1, 2]))
    before = await sequenced(pool, 0, 10)
    admin = await asyncpg.connect(databases.admin("archive"))
    for change in (f"UPDATE {table} SET position = 9", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await pool.execute(change)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await admin.execute(change)
    await admin.close()
    for change in ("INSERT INTO app.sequence_head VALUES (false, 0)", "DELETE FROM app.sequence_head"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(change)
    assert await sequenced(pool, 0, 10) == before
