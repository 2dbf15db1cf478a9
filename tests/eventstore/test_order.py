"""Order is commit order and positions are dense, so that `position > $1` misses nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from shared.eventstore.append import Stored
from shared.eventstore.appender import Appender
from shared.eventstore.errors import AppendRefused, LogHole
from shared.eventstore.log import EventLog
from shared.kernel.recorded import Recorded
from tests.eventstore.databases import Admin, LogDatabase
from tests.eventstore.samples import an_append, events, until

GATE = 7401


@pytest.fixture
async def gate(database: LogDatabase) -> AsyncIterator[Admin]:
    """Make a flush that writes a `Slow` event wait, its rows inserted, until the advisory lock is let go."""
    connection = await asyncpg.connect(database.admin)
    await connection.execute(f"""
        CREATE FUNCTION public.wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NULL; END $$;
        CREATE TRIGGER wait_at_gate AFTER INSERT ON log.events FOR EACH ROW
        WHEN (NEW.type = 'Slow') EXECUTE FUNCTION public.wait_at_gate();
    """)
    await connection.execute("SELECT pg_advisory_lock($1)", GATE)
    yield connection
    await connection.close()


async def waiting(admin: Admin, locktype: str) -> bool:
    """Tell whether a flush waits for the gate (`advisory`) or for the head (`transactionid`, `tuple`)."""
    query = (
        "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = $1 AND NOT granted"
        " AND datname = current_database() AND application_name = 'rongcuo appender'"
    )
    return bool(await admin.fetchval(query, locktype))


async def follow(log: EventLog, count: int, seen: list[Recorded]) -> None:
    """Read the log as every reader does, page after page, until `count` events have come."""
    while len(seen) < count:
        page = await log.read_page(after=seen[-1].position if seen else 0, limit=100)
        seen += page
        if not page:
            await asyncio.sleep(0.005)


async def test_a_slow_transaction_is_not_overtaken_and_not_missed(
    database: LogDatabase, gate: Admin, log: EventLog
) -> None:
    slow, fast = an_append(events=events(2, type="Slow")), an_append()
    seen: list[Recorded] = []
    async with Appender(database.app) as first, Appender(database.app) as second:
        reader = asyncio.create_task(follow(log, 3, seen))
        slow_task = asyncio.create_task(first.append(slow))
        await until(lambda: waiting(gate, "advisory"))
        fast_task = asyncio.create_task(second.append(fast))

        async def queued_or_done() -> bool:
            return fast_task.done() or await waiting(gate, "transactionid")

        await until(queued_or_done)
        assert seen == []
        await gate.execute("SELECT pg_advisory_unlock($1)", GATE)
        assert await slow_task == Stored(2, 2)
        assert await fast_task == Stored(3, 1)
        await asyncio.wait_for(reader, 10)
    assert [event.event_id for event in seen] == [event.event_id for event in (*slow.events, *fast.events)]


async def test_a_batch_that_is_rolled_back_leaves_no_hole(database: LogDatabase, gate: Admin, log: EventLog) -> None:
    async with Appender(database.app) as appender:
        await appender.append(an_append())
        doomed = asyncio.create_task(appender.append(an_append(events=events(3, type="Slow"))))
        await until(lambda: waiting(gate, "advisory"))
        await gate.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        await gate.execute("SELECT pg_advisory_unlock($1)", GATE)
        assert await doomed == Stored(4, 3)
        with pytest.raises(AppendRefused):
            await appender.append(an_append(events=(*events(5), replace(events()[0], schema_version=0))))
        assert await appender.append(an_append()) == Stored(5, 1)
    assert [event.position for event in await log.read_page(after=0)] == [1, 2, 3, 4, 5]


async def test_several_writers_give_one_dense_order_that_a_tailing_reader_sees_whole(
    database: LogDatabase, log: EventLog
) -> None:
    seen: list[Recorded] = []
    appends = [an_append(count=n % 3 + 1) for n in range(600)]
    count = sum(len(append.events) for append in appends)
    reader = asyncio.create_task(follow(log, count, seen))
    async with AsyncExitStack() as stack:
        writers = [await stack.enter_async_context(Appender(database.app)) for _ in range(6)]

        async def caller(n: int) -> None:
            for append in appends[n::24]:
                await writers[n % 6].append(append, wait=True)

        await asyncio.gather(*(caller(n) for n in range(24)))
    await asyncio.wait_for(reader, 10)
    assert [event.position for event in seen] == list(range(1, count + 1))
    assert {event.event_id for event in seen} == {event.event_id for append in appends for event in append.events}
    moments = [event.recorded_at for event in seen]
    assert moments == sorted(moments)


async def test_several_processes_give_one_dense_order(database: LogDatabase, log: EventLog) -> None:
    command = ("-m", "tests.eventstore.writer", database.app, "8", "20")
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE) for _ in range(2)
    ]
    printed = [(await writer.communicate())[0].decode().split() for writer in writers]
    acknowledged = {UUID(line) for lines in printed for line in lines}
    page = await log.read_page(after=0, limit=10_000)
    assert [event.position for event in page] == list(range(1, len(page) + 1))
    assert {event.event_id for event in page} == acknowledged
    assert len(page) == 2 * 8 * (7 * 1 + 7 * 2 + 6 * 3)


async def test_recorded_at_stands_still_when_the_clock_jumps_back(
    appender: Appender, admin: Admin, log: EventLog
) -> None:
    await appender.append(an_append())
    await admin.execute("UPDATE log.head SET recorded_at = recorded_at + interval '1 hour'")
    ahead = await admin.fetchval("SELECT recorded_at FROM log.head")
    await appender.append(an_append())
    await appender.append(an_append())
    before, *after = await log.read_page(after=0)
    assert before.recorded_at == ahead - timedelta(hours=1)
    assert [event.recorded_at for event in after] == [ahead, ahead]


async def test_a_missing_position_is_a_loss_and_raises(appender: Appender, admin: Admin, log: EventLog) -> None:
    await appender.append(an_append(count=5))
    async with admin.transaction():
        await admin.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_never_changed")
        await admin.execute("DELETE FROM log.events WHERE position = 3")
        await admin.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_changed")
    with pytest.raises(LogHole) as hole:
        await log.read_page(after=0)
    assert hole.value.position == 3
    assert [event.position for event in await log.read_page(after=3)] == [4, 5]
