"""The bed of a test, and the settings that keep its topics apart from those of other tests."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from shared.database.databases import Databases
from shared.database.provision import clone, drop
from shared.eventstore.store import open_store
from shared.messaging.kafka_settings import KafkaSettings
from tests.messaging.bed import SERVICES, Bed, administrator, wipe


@pytest.fixture(scope="session")
async def shared_databases(template: Databases) -> AsyncIterator[Databases]:
    """One set of databases for all tests of this folder: dropping one costs a checkpoint."""
    copy = await clone(template, f"m{secrets.token_hex(5)}")
    async with administrator(copy, "archive") as admin:
        role = copy.role("archive")
        await admin.execute(
            "CREATE TABLE app.seen (n bigserial, log text, stream text, version bigint, event_id uuid);"
            f'GRANT ALL ON app.seen TO "{role}"; GRANT ALL ON SEQUENCE app.seen_n_seq TO "{role}"'
        )
    yield copy
    await drop(copy)


@pytest.fixture
async def databases(shared_databases: Databases) -> Databases:
    """Return the databases with empty logs."""
    for service in SERVICES:
        await wipe(shared_databases, service)
    return shared_databases


@pytest.fixture
async def bed(databases: Databases) -> AsyncIterator[Bed]:
    """Open two writing services and one consuming service with a table for its sink."""
    async with AsyncExitStack() as stack:
        stores = {name: await stack.enter_async_context(open_store(databases.dsn(name), name)) for name in SERVICES}
        target = stores.pop("archive")
        yield Bed(databases, stores, target)


@pytest.fixture
def settings(kafka: str) -> KafkaSettings:
    """Return the way to the broker with topics of this test alone."""
    return KafkaSettings(kafka, topic_prefix=f"t{secrets.token_hex(4)}")
