"""The access log is as hard to change as the event log, and nobody but the service itself has to do with it."""

import asyncpg
import pytest

from shared.accesslog.finding import AccessLog
from shared.accesslog.recorder import Recorder
from shared.database.databases import BUS, OWNER, Databases
from tests.accesslog.conftest import a_read, by
from tests.eventstore.databases import Admin

CHANGES = (
    "INSERT INTO access.events SELECT position + 10, stream, version + 10, gen_random_uuid(), type, schema_version,"
    " payload, metadata, recorded_at FROM access.events",
    "UPDATE access.events SET payload = '{}'",
    "DELETE FROM access.events",
    "TRUNCATE access.events",
)
REFUSED = r"append-only|access\.append only"


@pytest.mark.parametrize("change", CHANGES)
async def test_neither_the_application_nor_the_owner_nor_a_superuser_changes_a_record(
    recorder: Recorder, log: AccessLog, databases: Databases, admin: Admin, change: str
) -> None:
    await recorder.record(a_read(), by())
    before = await log.read_page(after=0)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await log.pool.execute(change)
    for role in (databases.role(OWNER), "NONE"):
        await admin.execute(f"SET ROLE {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=REFUSED):
            await admin.execute(change)
    await admin.execute("SET session_replication_role = replica")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=REFUSED):
        await admin.execute(change)
    assert await log.read_page(after=0) == before


@pytest.mark.parametrize(
    "change",
    ["UPDATE access.head SET position = 0", "ALTER TABLE access.events DISABLE TRIGGER ALL", "DROP SCHEMA access"],
)
async def test_the_application_changes_nothing_else_by_itself(log: AccessLog, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await log.pool.execute(change)


async def test_the_bus_has_no_way_to_it(recorder: Recorder, databases: Databases) -> None:
    await recorder.record(a_read(), by())
    bus = await asyncpg.connect(databases.dsn("intake", BUS))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bus.fetch("SELECT * FROM access.events")
    await bus.close()


async def test_nothing_of_it_gets_into_the_event_log(recorder: Recorder, log: AccessLog) -> None:
    await recorder.record(a_read(), by())
    assert await log.head() == 1
    assert await log.pool.fetchval("SELECT position FROM log.head") == 0
    assert await log.pool.fetchval("SELECT count(*) FROM log.events") == 0
