"""Who waits for a log hears of it at once; who cannot hear any more looks again by himself."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.database.databases import Databases
from shared.eventstore import wake as wakes_module
from shared.eventstore.wake import LOG, Signal, Wake, Wakes

PATIENCE_S = 10.0
LONG_S = 60.0


@pytest.fixture
def dsn(databases: Databases) -> str:
    return databases.dsn("intake")


@pytest.fixture
async def one(dsn: str) -> AsyncIterator[Wake]:
    """The wake-ups of one process, listening."""
    async with Wakes().of("intake", dsn) as wake:
        await listening(wake)
        yield wake


async def listening(wake: Wake) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not wake.listening:
            await asyncio.sleep(0.01)


async def woken(signal: Signal, count: int) -> None:
    """Wait for a ring, far longer than a ring takes."""
    await signal.pause(count, LONG_S)
    assert signal.count > count


async def test_another_process_is_told_that_a_log_has_grown(one: Wake, dsn: str) -> None:
    async with Wakes().of("intake", dsn) as other:
        await listening(other)
        logs, views = one.log.count, one.views.count
        other.grown()
        async with asyncio.timeout(PATIENCE_S):
            await woken(one.log, logs)
        assert one.views.count == views


async def test_another_process_is_told_that_a_read_model_shows_more(one: Wake, dsn: str) -> None:
    async with Wakes().of("intake", dsn) as other:
        await listening(other)
        logs, views = one.log.count, one.views.count
        other.shown()
        async with asyncio.timeout(PATIENCE_S):
            await woken(one.views, views)
        assert one.log.count == logs


async def test_the_process_itself_hears_at_once_and_only_once(one: Wake, dsn: str) -> None:
    probe = await asyncpg.connect(dsn)
    told = asyncio.Event()
    await probe.add_listener(LOG, lambda *_: told.set())
    count = one.log.count
    one.grown()
    assert one.log.count == count + 1
    async with asyncio.timeout(PATIENCE_S):
        await told.wait()
    await asyncio.sleep(0.05)
    assert one.log.count == count + 1
    await probe.close()


async def test_many_appends_are_told_few_times(one: Wake, dsn: str) -> None:
    probe = await asyncpg.connect(dsn)
    told = []
    await probe.add_listener(LOG, lambda *_: told.append(1))
    for _ in range(200):
        one.grown()
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert 1 <= len(told) <= 20
    await probe.close()


async def test_a_lost_listener_is_replaced_and_looks_once(one: Wake, dsn: str, databases: Databases) -> None:
    admin = await asyncpg.connect(databases.admin("intake"))
    count = one.log.count
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'rongcuo wake' AND datname = current_database()"
    )
    async with asyncio.timeout(PATIENCE_S):
        await woken(one.log, count)  # something may have been told while nobody listened
    await listening(one)
    count = one.log.count
    await admin.execute(f"NOTIFY {LOG}")
    async with asyncio.timeout(PATIENCE_S):
        await woken(one.log, count)
    await admin.close()


async def test_a_connection_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakes_module, "_WATCH_S", 0.05)
    asked = asyncio.Event()

    class Dumb:
        async def execute(self, statement: str) -> str:
            assert statement == "SELECT"
            asked.set()
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await Wake()._tell(Dumb())  # type: ignore[arg-type]
    assert asked.is_set()


async def test_what_rings_during_the_look_is_not_slept_over() -> None:
    signal = Signal()
    seen = signal.count
    signal.ring()
    async with asyncio.timeout(PATIENCE_S):
        await signal.pause(seen, LONG_S)


async def test_a_pause_ends_by_itself_and_when_told_to_stop() -> None:
    signal, stop = Signal(), asyncio.Event()
    await signal.pause(0, 0.01)
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await signal.pause(0, LONG_S, stop)
    assert signal.count == 0


async def test_all_who_wait_in_a_process_share_one_connection(dsn: str, databases: Databases) -> None:
    admin = await asyncpg.connect(databases.admin("intake"))
    wakes = Wakes()
    listeners = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rongcuo wake' AND datname = current_database()"
    )
    async with wakes.of("intake", dsn) as wake, wakes.of("intake", databases.dsn("intake", "bus")) as same:
        assert wake is same
        await listening(wake)
        assert await admin.fetchval(listeners) == 1
    async with asyncio.timeout(PATIENCE_S):
        while await admin.fetchval(listeners):
            await asyncio.sleep(0.01)
    await admin.close()


async def test_without_a_database_nobody_is_woken_and_nothing_fails() -> None:
    async with Wakes().of("intake", f"postgresql://nobody:{secrets.token_hex(4)}@127.0.0.1:1/none") as wake:
        await asyncio.sleep(0.05)
        assert not wake.listening
        count = wake.log.count
        wake.grown()
        assert wake.log.count == count + 1
