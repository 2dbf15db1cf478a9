"""An access log of its own for every test, its writer and its reader."""

import secrets
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from shared.accesslog.finding import AccessLog
from shared.accesslog.recorder import Circumstances, Recorder
from shared.accesslog.records import CaseContentRead
from shared.database.databases import Databases
from shared.database.pool import open_pool
from shared.database.provision import clone, drop
from shared.kernel.ids import new_id
from shared.kernel.metadata import Actor, Policy
from tests.accesslog.site import Site, opened
from tests.eventstore.databases import Admin

LOG = "intake_access"


@pytest.fixture
async def log(databases: Databases) -> AsyncIterator[AccessLog]:
    async with open_pool(databases.dsn("intake"), 4, at_least=0) as pool:
        yield AccessLog(pool, LOG)


@pytest.fixture
async def recorder(databases: Databases) -> AsyncIterator[Recorder]:
    async with Recorder(databases.dsn("intake"), LOG) as made:
        yield made


@pytest.fixture
async def admin(databases: Databases) -> AsyncIterator[Admin]:
    """A connection of the superuser."""
    connection = await asyncpg.connect(databases.admin("intake"))
    yield connection
    await connection.close()


@pytest.fixture(scope="package")
async def site(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The four services with a case in them."""
    copy = await clone(template, f"t{secrets.token_hex(5)}")
    async with opened(copy, tmp_path_factory.mktemp("secrets")) as made:
        yield made
    await drop(copy)


def a_read(*ids: UUID, status: int = 200) -> CaseContentRead:
    """Return the record of a read of these things, or of one that nobody has named before."""
    return CaseContentRead(
        action="read_submission",
        resource="submissions",
        ids=ids or (new_id(),),
        fields=("id", "state", "statement"),
        opened=("submission.statement",),
        classes=("content", "record"),
        first=None,
        last=None,
        version=3,
        at_version=None,
        as_of=None,
        status=status,
    )


def by(caller: str = "officer-1", trace_id: UUID | None = None) -> Circumstances:
    """Return the circumstances of a request."""
    return Circumstances(
        Actor(issuer="tests", id=caller, roles=("handling_office",), on_behalf_of="331123-office"),
        trace_id or new_id(),
        purpose="handling",
        policy=Policy(ids=("submission.handling",), digest="0" * 64),
    )
