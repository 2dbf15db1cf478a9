"""Read models: every event exactly once, whatever crashes, and rebuilt without anybody noticing."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.database.pool import Pool
from shared.eventstore.appender import Appender
from shared.eventstore.generations import move
from shared.eventstore.log import EventLog
from shared.eventstore.readmodels import (
    NotBuilt,
    ReadModel,
    ReadModelRunner,
    last_awaited,
    position_of,
    reading,
    statuses,
    wait_for,
)
from shared.kernel.events import Codec, Event
from shared.kernel.recorded import Recorded
from tests.eventstore.samples import CODEC, Counted, an_append, events, until

METADATA = sa.MetaData(schema="view")
TOTALS = sa.Table("totals", METADATA, sa.Column("stream", sa.Text, primary_key=True), sa.Column("total", sa.BigInteger))


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Add up what was counted in each stream: an effect that shows when an event is applied twice."""
    amount = event.amount + 1 if isinstance(event, Counted) else 0
    upsert = insert(TOTALS).values(stream=recorded.stream, total=amount)
    await connection.execute(
        upsert.on_conflict_do_update(index_elements=["stream"], set_={"total": TOTALS.c.total + amount})
    )


MODEL = ReadModel("totals", 1, METADATA, CODEC, project)


@pytest.fixture
def runner(engine: AsyncEngine, log: EventLog) -> ReadModelRunner:
    return ReadModelRunner(engine, log, [MODEL])


async def totals(engine: AsyncEngine, model: ReadModel = MODEL) -> dict[str, int]:
    async with reading(engine, model) as connection:
        return {row.stream: row.total for row in await connection.execute(sa.select(TOTALS))}


async def append_some(appender: Appender, streams: int = 20) -> dict[str, int]:
    """Append three events to each stream; return what the totals have to be."""
    appends = [an_append(count=3) for _ in range(streams)]
    await asyncio.gather(*map(appender.append, appends))
    return {append.stream: 1 + 2 + 3 for append in appends}


def failing_on(position: int, broken: list[bool]) -> ReadModel:
    """Return a model that has written the effect of the event at `position` when it fails, while `broken`."""

    async def crash(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
        await project(connection, event, recorded)
        if recorded.position == position and broken:
            raise ConnectionResetError

    return replace(MODEL, name="fragile", project=crash)


async def state_of(engine: AsyncEngine) -> list[tuple[int, int, str]]:
    return [(found.generation, found.model_version, found.state) for found in await statuses(engine)]


async def test_a_read_model_holds_every_event_once(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner
) -> None:
    with pytest.raises(NotBuilt):
        await totals(engine)
    assert await position_of(engine, MODEL) == 0
    expected = await append_some(appender)
    await runner.catch_up()
    await runner.catch_up()
    assert await totals(engine) == expected
    assert await position_of(engine, MODEL) == 60


async def test_a_crash_between_effect_and_checkpoint_repeats_both(
    engine: AsyncEngine, appender: Appender, log: EventLog
) -> None:
    broken = [True]
    model = failing_on(30, broken)
    runner = ReadModelRunner(engine, log, [model, MODEL])
    expected = await append_some(appender)
    await runner.catch_up()
    assert await totals(engine) == expected
    assert await totals(engine, model) == {}
    for _ in range(29):
        await runner.catch_up()
    [status] = [found for found in await statuses(engine) if found.name == "fragile"]
    assert (status.position, status.error) == (29, "ConnectionResetError")
    broken.clear()
    await runner.catch_up()
    assert await totals(engine, model) == expected
    assert all(found.error is None for found in await statuses(engine))


async def test_two_runners_write_each_page_once(
    engine: AsyncEngine, appender: Appender, log: EventLog, runner: ReadModelRunner
) -> None:
    other = ReadModelRunner(engine, log, [MODEL])
    expected = await append_some(appender, streams=400)
    await asyncio.gather(runner.catch_up(), other.catch_up())
    assert await totals(engine) == expected


async def test_a_checkpoint_that_somebody_else_moved_is_left(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner
) -> None:
    await runner.catch_up()
    [before] = await statuses(engine)
    await append_some(appender, 1)
    await runner.catch_up()
    async with engine.begin() as connection:
        assert not await move(connection, before, 2)
    assert await position_of(engine, MODEL) == 3


async def test_events_that_the_model_does_not_know_only_move_the_position(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner
) -> None:
    await appender.append(an_append(events=events(2, type="Unheard")))
    await runner.catch_up()
    assert await totals(engine) == {}
    assert await position_of(engine, MODEL) == 2


async def test_a_rebuild_gives_the_same_and_keeps_one_generation_before(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner, pool: Pool
) -> None:
    expected = await append_some(appender)
    await runner.catch_up()
    for _ in range(3):
        await runner.rebuild("totals")
        assert await totals(engine) == expected
        await runner.catch_up()
        assert await totals(engine) == expected
    assert await state_of(engine) == [(3, 1, "previous"), (4, 1, "active")]
    schemas = await pool.fetch("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'view%' ORDER BY 1")
    assert [row["nspname"] for row in schemas] == ["view_totals_3", "view_totals_4"]


async def test_a_rebuild_mends_what_was_damaged(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner, pool: Pool
) -> None:
    expected = await append_some(appender)
    await runner.catch_up()
    await pool.execute("UPDATE view_totals_1.totals SET total = 0")
    await runner.rebuild("totals")
    await runner.catch_up()
    assert await totals(engine) == expected


async def test_the_old_generation_serves_and_is_fed_until_the_new_one_has_caught_up(
    engine: AsyncEngine, appender: Appender, log: EventLog, runner: ReadModelRunner
) -> None:
    """A release with a newer version of the model starts beside the old one, and at first fails."""
    await append_some(appender)
    await runner.catch_up()
    broken = [True]
    newer = replace(failing_on(50, broken), name="totals", version=2)
    release = ReadModelRunner(engine, log, [newer])
    await release.catch_up()
    await append_some(appender)
    await runner.catch_up()
    assert await state_of(engine) == [(1, 1, "active"), (2, 2, "building")]
    assert await position_of(engine, newer) == 120
    broken.clear()
    await release.catch_up()
    assert await state_of(engine) == [(1, 1, "previous"), (2, 2, "active")]
    assert await totals(engine, newer) == await totals(engine)


async def test_a_release_that_was_overtaken_goes_on_with_its_own_tables_and_never_takes_the_model_back(
    engine: AsyncEngine, appender: Appender, log: EventLog, runner: ReadModelRunner
) -> None:
    await runner.catch_up()
    await ReadModelRunner(engine, log, [replace(MODEL, version=2)]).catch_up()
    expected = await append_some(appender)
    await runner.rebuild("totals")
    await runner.catch_up()
    assert await totals(engine) == expected
    assert await totals(engine, replace(MODEL, version=2)) == {}
    assert await state_of(engine) == [(1, 1, "previous"), (2, 2, "active")]


async def test_who_reads_the_generation_before_waits_for_what_that_one_lacks(
    engine: AsyncEngine, appender: Appender, log: EventLog, runner: ReadModelRunner
) -> None:
    """A release that is overtaken, and whose worker has gone, may not show what is no longer permitted."""
    await runner.catch_up()
    older, newer = replace(MODEL, awaited=(Counted,)), replace(MODEL, version=2, awaited=(Counted,))
    await append_some(appender)
    await ReadModelRunner(engine, log, [newer]).catch_up()
    assert await last_awaited(engine, newer) == 0
    assert await last_awaited(engine, older) == 60 > await position_of(engine, older)
    await runner.catch_up()
    assert await last_awaited(engine, older) == 0


async def test_runners_that_start_together_begin_one_generation(engine: AsyncEngine, log: EventLog) -> None:
    await asyncio.gather(*(ReadModelRunner(engine, log, [MODEL]).catch_up() for _ in range(4)))
    assert await state_of(engine) == [(1, 1, "active")]


async def test_a_read_waits_for_its_own_write_and_not_for_ever(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner
) -> None:
    await runner.catch_up()
    expected = await append_some(appender, 2)
    assert not await wait_for(engine, MODEL, 6, timeout_s=0.05)
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    assert await wait_for(engine, MODEL, 6, timeout_s=10)
    assert await totals(engine) == expected
    stop.set()
    await running


async def test_a_runner_outlives_a_database_that_goes_away(
    engine: AsyncEngine, appender: Appender, runner: ReadModelRunner, admin: Any, log: EventLog
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))

    async def built() -> bool:
        return await state_of(engine) == [(1, 1, "active")]

    await until(built)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    expected = await append_some(appender, 2)
    assert await wait_for(engine, MODEL, 6, timeout_s=10)
    assert await totals(engine) == expected
    stop.set()
    await running


async def test_an_event_from_a_newer_build_stops_the_model_visibly(
    engine: AsyncEngine, appender: Appender, log: EventLog
) -> None:
    newer = [replace(event, schema_version=2) for event in events(1)]
    await appender.append(an_append(events=tuple(newer)))
    model = replace(MODEL, codec=Codec([Counted]))
    await ReadModelRunner(engine, log, [model]).catch_up()
    [status] = await statuses(engine)
    assert (status.position, status.error) == (0, "UnknownEvent")
