"""The part of a worker that purges goes on after whatever happens to it, and says so without any value."""

import asyncio

import pytest

from shared.eventstore.append import IdempotencyRecord
from shared.eventstore.appender import Appender
from shared.eventstore.log import EventLog
from shared.hosting.worker import purging
from tests.eventstore.databases import Admin, LogDatabase
from tests.eventstore.samples import an_append, until


async def test_purging_outlives_a_database_that_refuses(
    appender: Appender, log: EventLog, admin: Admin, database: LogDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await appender.append(an_append(idempotency=IdempotencyRecord("scope-of-somebody", "k", b"d", 200, None)))
    await admin.execute("UPDATE log.idempotency SET recorded_at = now() - interval '73 hours'")
    function = "FUNCTION log.purge_idempotency"
    await admin.execute(f"REVOKE EXECUTE ON {function} FROM {database.roles}_app")
    stop = asyncio.Event()
    task = asyncio.ensure_future(purging(log.pool, every_s=0.01, retry_s=0.01)(stop))

    async def complained() -> bool:
        return "not purged: InsufficientPrivilegeError" in caplog.text

    async def purged() -> bool:
        return await log.known_key("scope-of-somebody", "k") is None

    await until(complained)
    assert not await purged()
    await admin.execute(f"GRANT EXECUTE ON {function} TO {database.roles}_app")
    await until(purged)
    stop.set()
    await task
    assert not any(record.exc_info for record in caplog.records)
