"""A log of its own for every test, and the ways to it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database.pool import Pool, open_pool
from shared.eventstore.appender import Appender
from shared.eventstore.engine import open_engine
from shared.eventstore.log import EventLog
from shared.eventstore.store import EventStore
from tests.eventstore.databases import LOG, Admin, LogDatabase, cloned, template_database
from tests.support.servers import Server


@pytest.fixture(scope="session")
async def log_template(server: Server) -> AsyncIterator[LogDatabase]:
    """The database that `database` copies."""
    async with template_database(server.dsn) as made:
        yield made


@pytest.fixture
async def database(log_template: LogDatabase) -> AsyncIterator[LogDatabase]:
    """An empty log of this test alone."""
    async with cloned(log_template) as copy:
        yield copy


@pytest.fixture
async def pool(database: LogDatabase) -> AsyncIterator[Pool]:
    """Connections of the application's role."""
    async with open_pool(database.app, 4, at_least=0) as made:
        yield made


@pytest.fixture
async def admin(database: LogDatabase) -> AsyncIterator[Admin]:
    """A connection of the superuser."""
    connection = await asyncpg.connect(database.admin)
    yield connection
    await connection.close()


@pytest.fixture
def log(pool: Pool) -> EventLog:
    return EventLog(pool, LOG)


@pytest.fixture
async def appender(database: LogDatabase) -> AsyncIterator[Appender]:
    async with Appender(database.app) as made:
        yield made


@pytest.fixture
def store(log: EventLog, appender: Appender) -> EventStore:
    return EventStore(log, appender)


@pytest.fixture
async def engine(database: LogDatabase) -> AsyncIterator[AsyncEngine]:
    """SQLAlchemy's way in, as the application."""
    made = open_engine(database.app)
    yield made
    await made.dispose()
