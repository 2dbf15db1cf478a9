"""The queue and its flusher: nobody is answered wrongly, whoever goes away and whatever breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from shared.eventstore.append import IdempotencyRecord, Stored, Timer
from shared.eventstore.appender import Appender, Limits
from shared.eventstore.errors import AppendRefused, LogUnavailable, Overloaded, VersionConflict
from shared.eventstore.log import EventLog
from tests.eventstore.databases import Admin, LogDatabase
from tests.eventstore.samples import a_stream, an_append, until
from tests.support.proxy import Moment, proxied


@asynccontextmanager
async def held(admin: Admin) -> AsyncIterator[None]:
    """Hold the head of the log, so that every flush waits."""
    async with admin.transaction():
        await admin.execute("SELECT 1 FROM log.head FOR UPDATE")
        yield


async def flushing(admin: Admin) -> bool:
    """Tell whether a flush waits for the head."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'rongcuo appender'"
    return bool(await admin.fetchval(f"{waiting} AND datname = current_database()"))


async def test_what_queues_during_a_flush_is_flushed_together(appender: Appender, admin: Admin, log: EventLog) -> None:
    async with held(admin):
        first = asyncio.create_task(appender.append(an_append()))
        await until(lambda: flushing(admin))
        others = [asyncio.create_task(appender.append(an_append())) for _ in range(10)]
        await asyncio.sleep(0)
    assert [await task for task in (first, *others)] == [Stored(n, 1) for n in range(1, 12)]
    moments = {event.recorded_at for event in await log.read_page(after=1)}
    assert len(moments) == 1


async def test_rivals_for_one_version_of_a_stream_need_one_flush(
    database: LogDatabase, admin: Admin, log: EventLog
) -> None:
    flushes, stream = [], a_stream()
    async with Appender(database.app, flushed=lambda: flushes.append(1)) as appender, held(admin):
        first = asyncio.create_task(appender.append(an_append()))
        await until(lambda: flushing(admin))
        rivals = [asyncio.create_task(appender.append(an_append(stream, count=2))) for _ in range(8)]
        later = asyncio.create_task(appender.append(an_append(stream, expected=2)))
        await asyncio.sleep(0)
    answers = await asyncio.gather(first, *rivals, later, return_exceptions=True)
    assert answers[1] == Stored(3, 2)
    assert {(type(answer), getattr(answer, "actual", None)) for answer in answers[2:-1]} == {(VersionConflict, 2)}
    assert answers[-1] == Stored(4, 3)
    assert len(flushes) == 3


async def test_refusals_wake_nobody(database: LogDatabase) -> None:
    flushes: list[int] = []
    async with Appender(database.app, flushed=lambda: flushes.append(1)) as appender:
        for _ in range(3):
            with pytest.raises(VersionConflict):
                await appender.append(an_append(expected=7))
        assert flushes == []


async def test_a_timer_alone_shares_no_batch_with_rivals(database: LogDatabase, admin: Admin) -> None:
    flushes, stream = [], a_stream()
    timers = (Timer("deadline", datetime(2026, 1, 2, tzinfo=UTC)),)
    async with Appender(database.app, flushed=lambda: flushes.append(1)) as appender, held(admin):
        first = asyncio.create_task(appender.append(an_append()))
        await until(lambda: flushing(admin))
        alone = asyncio.create_task(appender.append(an_append(stream, count=0, timers=timers)))
        rival = asyncio.create_task(appender.append(an_append(stream)))
        await asyncio.sleep(0)
    assert [await task for task in (first, alone, rival)] == [Stored(1, 1), Stored(1, 0), Stored(2, 1)]
    assert len(flushes) == 3


async def test_a_caller_that_goes_away_cancels_nothing(appender: Appender, admin: Admin, log: EventLog) -> None:
    flushed, queued, staying = an_append(), an_append(), an_append()
    async with held(admin):
        tasks = [asyncio.create_task(appender.append(flushed))]
        await until(lambda: flushing(admin))
        tasks += [asyncio.create_task(appender.append(append)) for append in (queued, staying)]
        await asyncio.sleep(0)
        for task in tasks[:2]:
            task.cancel()
    assert await tasks[2] == Stored(3, 1)
    assert [task.cancelled() for task in tasks] == [True, True, False]
    stored = [event.event_id for event in await log.read_page(after=0)]
    assert stored == [append.events[0].event_id for append in (flushed, queued, staying)]


async def test_a_full_queue_is_overloaded_and_a_worker_waits_for_room(database: LogDatabase, admin: Admin) -> None:
    async with Appender(database.app, Limits(queue=2)) as appender:
        async with held(admin):
            tasks = [asyncio.create_task(appender.append(an_append()))]
            await until(lambda: flushing(admin))
            tasks += [asyncio.create_task(appender.append(an_append())) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded) as overloaded:
                await appender.append(an_append())
            assert overloaded.value.retry_after_s > 0
            tasks.append(asyncio.create_task(appender.append(an_append(), wait=True)))
            await asyncio.sleep(0)
        assert [await task for task in tasks] == [Stored(n, 1) for n in range(1, 5)]


async def test_the_queue_is_bounded_in_bytes_too(database: LogDatabase, admin: Admin) -> None:
    async with Appender(database.app, Limits(queue_bytes=100)) as appender, held(admin):
        first = asyncio.create_task(appender.append(an_append()))
        await until(lambda: flushing(admin))
        second = asyncio.create_task(appender.append(an_append(count=3)))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await appender.append(an_append())
        first.cancel()
        second.cancel()


async def test_stop_flushes_what_is_queued_and_takes_no_more(database: LogDatabase, log: EventLog) -> None:
    appender = Appender(database.app)
    await appender.start()
    tasks = [asyncio.create_task(appender.append(an_append())) for _ in range(20)]
    await asyncio.sleep(0)
    await appender.stop()
    assert [await task for task in tasks] == [Stored(n, 1) for n in range(1, 21)]
    with pytest.raises(LogUnavailable):
        await appender.append(an_append())
    assert await log.head() == 20


async def test_what_cannot_be_flushed_before_the_end_is_told_so(database: LogDatabase, admin: Admin) -> None:
    appender = Appender(database.app, Limits(drain_s=0.05))
    await appender.start()
    async with held(admin):
        flushed = asyncio.create_task(appender.append(an_append()))
        await until(lambda: flushing(admin))
        queued = asyncio.create_task(appender.append(an_append()))
        await asyncio.sleep(0)
        await appender.stop()
        for task in (flushed, queued):
            with pytest.raises(LogUnavailable):
                await task


async def test_a_database_that_is_not_there_fails_the_start(database: LogDatabase) -> None:
    with pytest.raises(LogUnavailable):
        await Appender(database.app + "_gone").start()


@pytest.mark.parametrize("moment", ["before-request", "before-answer"])
async def test_an_append_whose_answer_is_lost_is_stored_once_and_answered_once(
    database: LogDatabase, log: EventLog, moment: Moment
) -> None:
    async with proxied(database.app) as (proxy, dsn), Appender(dsn) as appender:
        await appender.append(an_append())
        proxy.cut(moment)
        stream = a_stream()
        record = IdempotencyRecord("s", "k", b"d", 201, None)
        batch = [an_append(stream, count=2, idempotency=record), an_append()]
        assert await asyncio.gather(*map(appender.append, batch)) == [Stored(3, 2), Stored(4, 1)]
        assert proxy.cuts == 1
        assert len(await log.read_stream(stream)) == 2
        assert await log.head() == 4


async def test_a_refusal_whose_answer_is_lost_is_given_after_the_reconnect(database: LogDatabase) -> None:
    async with proxied(database.app) as (proxy, dsn), Appender(dsn) as appender:
        stream = a_stream()
        await appender.append(an_append(stream))
        proxy.cut("before-answer")
        answers = await asyncio.gather(
            appender.append(an_append(stream)), appender.append(an_append()), return_exceptions=True
        )
        assert [type(answer).__name__ for answer in answers] == ["VersionConflict", "Stored"]


async def test_an_append_without_events_whose_answer_is_lost_is_answered_once(
    database: LogDatabase, log: EventLog
) -> None:
    async with proxied(database.app) as (proxy, dsn), Appender(dsn) as appender:
        await appender.append(an_append())
        proxy.cut("before-answer")
        record = IdempotencyRecord("s", "k", b"d", 200, None)
        assert await appender.append(an_append(count=0, idempotency=record)) == Stored(1, 0)
        assert proxy.cuts == 1
        assert await log.known_key("s", "k")


async def test_a_backend_killed_while_it_writes_leaves_no_hole(appender: Appender, admin: Admin, log: EventLog) -> None:
    async with held(admin):
        task = asyncio.create_task(appender.append(an_append(count=3)))
        await until(lambda: flushing(admin))
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'rongcuo appender' AND datname = current_database()"
        )
    assert await task == Stored(3, 3)
    assert [event.position for event in await log.read_page(after=0)] == [1, 2, 3]


async def test_a_value_that_the_driver_cannot_send_is_refused_alone(appender: Appender, log: EventLog) -> None:
    batch = [an_append(), an_append(timers=(Timer("t", "tomorrow"),)), an_append()]  # type: ignore[arg-type]
    first, bad, third = await asyncio.gather(*map(appender.append, batch), return_exceptions=True)
    assert isinstance(bad, AppendRefused)
    assert [first, third] == [Stored(1, 1), Stored(2, 1)]
    assert await log.head() == 2


async def test_large_appends_are_spread_over_several_flushes(database: LogDatabase, log: EventLog) -> None:
    async with Appender(database.app, Limits(batch=3, batch_bytes=1000)) as appender:
        stored = await asyncio.gather(*(appender.append(an_append(count=n % 4 + 1)) for n in range(40)))
    assert max(answer.position for answer in stored) == await log.head() == 100


class Garbled:
    """A connection that carries out what it is asked and then says something that the driver cannot read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, *args: Any, **kwargs: Any) -> None:
        await self._connection.fetch(*args, **kwargs)
        raise asyncpg.InternalClientError("unreadable")

    def terminate(self) -> None:
        self._connection.terminate()


async def test_an_answer_that_cannot_be_read_is_asked_for_again(appender: Appender, log: EventLog) -> None:
    appender._connection = Garbled(appender._connection)  # type: ignore[assignment]
    assert await appender.append(an_append(count=2)) == Stored(2, 2)
    assert await log.head() == 2


async def test_a_mistake_of_ours_costs_one_batch_and_not_the_flusher(
    appender: Appender, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = an_append()
    with monkeypatch.context() as patched:
        patched.setattr("shared.eventstore.appender.verdict", None)
        with pytest.raises(LogUnavailable):
            await appender.append(append)
    assert await appender.append(append) == Stored(1, 1)


async def test_an_appender_is_alive_while_it_takes_appends_and_its_flusher_runs(database: LogDatabase) -> None:
    appender = Appender(database.app)
    lives = [appender.alive]
    async with appender:
        lives.append(appender.alive)
    lives.append(appender.alive)
    await appender.start()
    lives.append(appender.alive)
    assert appender._flusher
    appender._flusher.cancel()
    await asyncio.wait([appender._flusher])
    lives.append(appender.alive)
    await appender.stop()
    assert lives == [False, True, False, True, False]
