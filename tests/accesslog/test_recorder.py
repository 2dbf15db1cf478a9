"""Every record stands before its answer leaves, in order and without a hole, or whoever waits for it is told."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.accesslog import recorder as recorders
from shared.accesslog.finding import AccessLog
from shared.accesslog.recorder import AccessRecordUnavailable, Recorder
from shared.accesslog.records import CODEC
from shared.database.databases import Databases
from shared.eventstore.errors import LogUnavailable
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata
from tests.accesslog.conftest import LOG, a_read, by
from tests.eventstore.databases import Admin


async def test_a_record_tells_who_read_what_for_whom_under_which_policy_and_why(
    recorder: Recorder, log: AccessLog
) -> None:
    trace_id, thing = new_id(), new_id()
    record_id = await recorder.record(a_read(thing), by(trace_id=trace_id))
    stored = (await log.read_page(after=0))[0]
    metadata = Metadata.decode(stored.metadata)
    assert CODEC.decode(stored.type, stored.schema_version, stored.payload) == a_read(thing)
    assert (stored.event_id, stored.log, metadata.log) == (record_id, LOG, LOG)
    assert metadata.actor == by().actor
    assert (metadata.correlation, metadata.purpose, metadata.policy) == (trace_id, "handling", by().policy)


async def test_a_hundred_at_the_same_time_stand_in_order_without_a_hole(recorder: Recorder, log: AccessLog) -> None:
    records = [a_read() for _ in range(100)]
    ids = await asyncio.gather(*(recorder.record(record, by()) for record in records))
    stored = await log.read_page(after=0)
    assert [event.event_id for event in stored] == ids
    assert [event.position for event in stored] == [event.version for event in stored] == list(range(1, 101))
    assert [json.loads(event.payload)["ids"] for event in stored] == [[str(record.ids[0])] for record in records]
    assert len({event.recorded_at for event in stored}) < 20, "one commit for many of them"


async def test_two_processes_write_one_log_in_two_streams(
    databases: Databases, recorder: Recorder, log: AccessLog
) -> None:
    async with Recorder(databases.dsn("intake"), LOG) as other:
        await asyncio.gather(*(one.record(a_read(), by()) for one in (recorder, other) for _ in range(50)))
    stored = await log.read_page(after=0)
    assert [event.position for event in stored] == list(range(1, 101))
    for stream in {event.stream for event in stored}:
        assert [event.version for event in await log.read_stream(stream)] == list(range(1, 51))


async def test_a_stream_is_a_process_and_a_day_in_china(databases: Databases, log: AccessLog) -> None:
    now = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)

    async with Recorder(databases.dsn("intake"), LOG, clock=lambda: now) as recorder:
        await recorder.record(a_read(), by())
        now += timedelta(seconds=2)
        await recorder.record(a_read(), by())
        now -= timedelta(hours=1)
        await recorder.record(a_read(), by())
    first, *others = await log.read_page(after=0)
    assert first.stream.startswith("access_20260301-")
    assert {event.stream for event in others} == {f"access_20260302-{first.stream_id}"}
    assert [Metadata.decode(event.metadata).occurred_at for event in others] == [
        datetime(2026, 3, 1, 16, 0, 1, tzinfo=UTC)
    ] * 2


async def test_a_log_that_was_stopped_takes_no_record(recorder: Recorder, admin: Admin, log: AccessLog) -> None:
    await admin.execute("SELECT access.set_stopped('by hand')")
    with pytest.raises(AccessRecordUnavailable):
        await recorder.record(a_read(), by())
    await admin.execute("SELECT access.set_stopped(NULL)")
    await recorder.record(a_read(), by())
    assert await log.head() == 1


async def test_a_database_that_refuses_is_not_waited_for_longer_than_promised(
    recorder: Recorder, admin: Admin, databases: Databases, log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorders, "WITHIN_S", 0.3)
    role = databases.role("intake")
    await admin.execute(f'REVOKE EXECUTE ON FUNCTION access.append FROM "{role}"')
    for _ in range(2):
        with pytest.raises(AccessRecordUnavailable):
            await recorder.record(a_read(), by())
    await admin.execute(f'GRANT EXECUTE ON FUNCTION access.append TO "{role}"')
    monkeypatch.setattr(recorders, "WITHIN_S", 10.0)
    await recorder.record(a_read(), by())
    assert await log.head() == 2, "the first was under way, for the second nobody waited any more"


async def test_more_than_may_wait_is_refused_at_once(databases: Databases, log: AccessLog) -> None:
    async with Recorder(databases.dsn("intake"), LOG, waiting=2) as recorder:
        waiting = [recorder.put(a_read(), by()) for _ in range(2)]
        with pytest.raises(AccessRecordUnavailable):
            _ = recorder.put(a_read(), by())
        await asyncio.gather(*waiting)
        await recorder.record(a_read(), by())
    assert await log.head() == 3


async def test_what_waits_is_written_before_the_process_ends(databases: Databases, log: AccessLog) -> None:
    async with Recorder(databases.dsn("intake"), LOG) as recorder:
        waiting = [recorder.put(a_read(), by()) for _ in range(300)]
    assert await log.head() == 300
    assert all(one.done() and not one.exception() for one in waiting)
    with pytest.raises(AccessRecordUnavailable):
        await recorder.record(a_read(), by())
    assert not recorder.alive


async def test_a_batch_whose_outcome_is_unknown_does_not_stop_the_stream(recorder: Recorder, log: AccessLog) -> None:
    await recorder.record(a_read(), by())
    appender, append = recorder._appender, recorder._appender.append

    async def forgotten(*given: object, **more: object) -> None:
        await append(*given, **more)  # type: ignore[arg-type]
        raise LogUnavailable("outcome unknown")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(appender, "append", forgotten)
        with pytest.raises(AccessRecordUnavailable):
            await recorder.record(a_read(), by())
    await recorder.record(a_read(), by())
    assert [event.version for event in await log.read_page(after=0)] == [1, 2, 3]


async def test_a_server_that_is_not_there_is_told_at_the_start(databases: Databases) -> None:
    with pytest.raises(LogUnavailable):
        await Recorder(databases.dsn("intake") + "_gone", LOG).__aenter__()
