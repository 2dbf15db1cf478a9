"""What the audit administrator looks for is found, all of it, and quickly."""

from datetime import timedelta
from uuid import UUID

from shared.accesslog.finding import AccessLog, Sought
from shared.accesslog.recorder import Recorder
from shared.kernel.ids import new_id
from tests.accesslog.conftest import a_read, by

ONE, TWO = new_id(), new_id()


async def written(recorder: Recorder) -> list[UUID]:
    """Return the trace ids of six records by two callers on two things."""
    traces = [new_id() for _ in range(6)]
    for n, trace_id in enumerate(traces):
        things = (ONE, TWO) if n == 5 else (TWO,) if n % 2 else (ONE,)
        await recorder.record(a_read(*things), by(f"officer-{n % 3}", trace_id))
    return traces


async def positions(log: AccessLog, sought: Sought, upto: int | None = None, limit: int = 100) -> list[int]:
    found = [record.position for record in await log.find(sought, upto=upto, limit=limit)]
    assert upto is not None or limit < 100 or found == [record.position async for record in log.all(sought)]
    return found


async def test_by_trace_id_caller_and_thing_and_all_of_them(recorder: Recorder, log: AccessLog) -> None:
    traces = await written(recorder)
    assert await positions(log, Sought()) == [6, 5, 4, 3, 2, 1]
    assert await positions(log, Sought(trace_id=traces[2])) == [3]
    assert await positions(log, Sought(caller="officer-1")) == [5, 2]
    assert await positions(log, Sought(thing=ONE)) == [6, 5, 3, 1]
    assert await positions(log, Sought(thing=TWO, caller="officer-2")) == [6]
    assert await positions(log, Sought(thing=ONE, caller="officer-2", trace_id=traces[0])) == []
    assert await positions(log, Sought(trace_id=new_id())) == []


async def test_by_time(recorder: Recorder, log: AccessLog) -> None:
    await written(recorder)
    at = [record.recorded_at for record in await log.read_page(after=0)]
    assert at == sorted(set(at))
    for n in range(6):
        assert await positions(log, Sought(recorded_from=at[n])) == list(range(6, n, -1))
        assert await positions(log, Sought(recorded_before=at[n])) == list(range(n, 0, -1))
    assert await positions(log, Sought(recorded_from=at[1], recorded_before=at[4], thing=TWO)) == [4, 2]
    assert await positions(log, Sought(recorded_from=at[-1] + timedelta(days=1))) == []


async def test_page_by_page(recorder: Recorder, log: AccessLog) -> None:
    await written(recorder)
    assert await positions(log, Sought(thing=ONE), limit=2) == [6, 5]
    assert await positions(log, Sought(thing=ONE), upto=4) == [3, 1]


async def test_lookups_use_the_indexes(recorder: Recorder, log: AccessLog) -> None:
    await written(recorder)
    for condition in (
        f"access.trace_of(metadata) = '{ONE}'",
        "access.caller_of(metadata) = 'officer-1'",
        f"access.things_of(payload) @> ARRAY['{ONE}'::uuid]",
    ):
        async with log.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL enable_seqscan = off")
            plan = await connection.fetch(f"EXPLAIN SELECT position FROM access.events WHERE {condition}")
        assert any("events_by_" in row[0] for row in plan), condition
