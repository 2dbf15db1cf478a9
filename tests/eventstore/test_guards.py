"""log.append is the only way in: for the application by privilege, for the owner by trigger."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from shared.eventstore.append import Append, IdempotencyRecord, Timer
from shared.eventstore.appender import Appender
from shared.eventstore.durability import UnsafeServer, check_durability
from shared.eventstore.idempotency import purge_idempotency
from shared.eventstore.log import EventLog
from shared.eventstore.verdicts import APPEND, arguments
from tests.eventstore.databases import Admin, LogDatabase, connected
from tests.eventstore.samples import a_stream, an_append

INSERT = (
    "INSERT INTO log.events SELECT position + 10, stream, version + 10, gen_random_uuid(), type, schema_version,"
    " payload, metadata, recorded_at FROM log.events"
)
CHANGES = (
    INSERT,
    "UPDATE log.events SET payload = '{}'",
    "DELETE FROM log.events",
    "TRUNCATE log.events",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_neither_the_application_nor_the_owner_nor_a_superuser_changes_the_log(
    appender: Appender, database: LogDatabase, admin: Admin, log: EventLog, change: str
) -> None:
    await appender.append(an_append())
    before = await log.read_page(after=0)
    async with connected(database.app) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(change)
    for role in (database.owner, "NONE"):
        await admin.execute(f"SET ROLE {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"append-only|log\.append only"):
            await admin.execute(change)
    await admin.execute("SET session_replication_role = replica")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"append-only|log\.append only"):
        await admin.execute(change)
    assert await log.read_page(after=0) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log.head SET position = 0",
        "UPDATE log.head SET stopped = NULL",
        "DELETE FROM log.idempotency",
        "INSERT INTO log.timers VALUES ('s', 'n', now())",
        "ALTER TABLE log.events DISABLE TRIGGER ALL",
        "DROP TABLE log.events",
        "CREATE TABLE log.mine ()",
    ],
)
async def test_the_application_changes_nothing_else_by_itself(database: LogDatabase, change: str) -> None:
    async with connected(database.app) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(change)


async def test_the_bus_reads_events_and_nothing_else(appender: Appender, database: LogDatabase) -> None:
    await appender.append(an_append())
    async with connected(database.bus) as bus, asyncpg.create_pool(database.bus, min_size=0) as pool:
        assert len(await EventLog(pool, "intake").read_page(after=0)) == 1
        assert await EventLog(pool, "intake").head() == 1
        calls = ("SELECT log.purge_idempotency('1 day', 1)", "SELECT log.set_stopped(NULL)")
        for query in ("SELECT * FROM log.idempotency", *calls, INSERT):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await bus.execute(query)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bus.fetch(APPEND, *arguments([an_append()]))


async def test_a_call_to_append_leaves_the_door_shut_behind_it(appender: Appender, admin: Admin, log: EventLog) -> None:
    await appender.append(an_append())
    transaction = admin.transaction()
    await transaction.start()
    await admin.fetch(APPEND, *arguments([an_append()]))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"log\.append only"):
        await admin.execute(INSERT)
    await transaction.rollback()
    assert await log.head() == 1


async def test_append_refuses_a_transaction_that_has_written_before(database: LogDatabase) -> None:
    async with connected(database.app) as app, app.transaction():
        await app.execute("INSERT INTO log.lease VALUES ('l', 'h', 1, now())")
        with pytest.raises(asyncpg.RaiseError, match="first write"):
            await app.fetch(APPEND, *arguments([an_append()]))


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_append_refuses_another_isolation_level(database: LogDatabase, isolation: Any) -> None:
    async with connected(database.app) as app, app.transaction(isolation=isolation):
        with pytest.raises(asyncpg.RaiseError, match="READ COMMITTED"):
            await app.fetch(APPEND, *arguments([an_append()]))


def clashing_batches() -> list[list[Append]]:
    """Return batches whose second append depends on the first."""
    one = an_append()
    record = IdempotencyRecord("s", "k", b"d", 200, None)
    return [
        [one, an_append(one.stream, expected=1)],  # in its place after the first one it would fit
        [one, an_append(one.stream, count=0, timers=(Timer("deadline", None),))],
        [one, an_append(events=one.events)],
        [an_append(idempotency=record), an_append(idempotency=record)],
    ]


@pytest.mark.parametrize("batch", clashing_batches())
async def test_append_refuses_a_batch_whose_appends_depend_on_one_another(
    database: LogDatabase, batch: list[Append]
) -> None:
    async with connected(database.app) as app:
        with pytest.raises(asyncpg.RaiseError, match="two appends of a batch share"):
            await app.fetch(APPEND, *arguments(batch))


async def test_a_server_that_may_forget_is_refused(database: LogDatabase, admin: Admin) -> None:
    await check_durability(admin)
    await admin.execute("SET synchronous_commit = off")
    with pytest.raises(UnsafeServer) as unsafe:
        await check_durability(admin)
    assert unsafe.value.settings == ("synchronous_commit",)


async def test_old_idempotency_records_are_purged_batch_by_batch(appender: Appender, log: EventLog) -> None:
    for key in ("a", "b", "c"):
        await appender.append(an_append(a_stream(), idempotency=IdempotencyRecord("s", key, b"d", 200, None)))
    assert await purge_idempotency(log.pool) == 0
    assert await log.known_key("s", "b")
    assert await log.pool.fetchval("SELECT log.purge_idempotency('0', 1)") == 1
    assert await purge_idempotency(log.pool, timedelta(0), batch=1) == 2
    assert await log.known_key("s", "b") is None
