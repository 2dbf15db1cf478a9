"""All processes of an installation together stay below what one server allows."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database.databases import SERVICES
from shared.eventstore import engine, store
from shared.messaging import local_bus
from tests.messaging.bed import Bed

ALLOWED = 180  # of 200: the rest is for operators and backups
APPENDER, KEYRING, WAKE = 1, 4, 1
DOCUMENT = Path(__file__).parents[2] / "docs/event-log.md"


def test_applications_and_workers_together_leave_room_on_one_server() -> None:
    service = store.CONNECTIONS + APPENDER + engine.CONNECTIONS + KEYRING
    logs = len(SERVICES)
    in_one = logs * (service + service + logs * local_bus.CONNECTIONS) + logs * WAKE
    application, on_kafka = service + WAKE, service + WAKE
    worker = service + logs * (local_bus.CONNECTIONS + WAKE)
    apart, apart_on_kafka = logs * (application + worker), logs * (application + on_kafka)
    assert max(in_one, apart, apart_on_kafka) < ALLOWED
    table = r"together\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*"
    told = table + r".*at most (\d+) of.*would be (\d+) with.*and (\d+) with Kafka"
    documented = re.search(told, DOCUMENT.read_text(), re.DOTALL)
    assert documented
    counted = [application, worker, on_kafka, in_one, apart, apart_on_kafka]
    assert [int(number) for number in documented.groups()] == counted


async def test_an_engine_opens_no_connection_beyond_its_share(bed: Bed) -> None:
    opened = engine.open_engine(bed.databases.dsn("archive"), connections=1)
    opened.pool._timeout = 0.05  # type: ignore[attr-defined]
    async with opened.connect() as connection:
        await connection.execute(text("SELECT 1"))
        with pytest.raises(PoolTimeout):
            _ = await opened.connect()
    await opened.dispose()
