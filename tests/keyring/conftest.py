"""A provisioned and migrated keyring database, and two keyrings that stand for two processes."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shared.database.databases import Databases
from shared.database.migrate import migrate
from shared.database.provision import drop, provision
from shared.keyring.key_cache import KeyCache
from shared.keyring.key_service import FileKeyService
from shared.keyring.keyring import Keyring
from tests.support.servers import Server


@pytest.fixture(scope="session")
async def keyring_databases(server: Server) -> AsyncIterator[Databases]:
    """One set of databases for all tests of the keyring: its keys never meet, so a copy for each test gains nothing."""
    name = f"t{secrets.token_hex(4)}"
    databases = Databases(server.dsn, secrets.token_bytes(32), prefix=name, role_prefix=name)
    await provision(databases)
    await migrate(databases, ["keyring"])
    yield databases
    await drop(databases, roles=True)


@pytest.fixture
async def admin(keyring_databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(keyring_databases.admin("keyring"))
    yield connection
    await connection.close()


@pytest.fixture
def key_service(tmp_path: Path) -> FileKeyService:
    return FileKeyService.at(tmp_path / "kek")


@pytest.fixture
async def keyring(keyring_databases: Databases, key_service: FileKeyService) -> AsyncIterator[Keyring]:
    keyring = await Keyring.open(keyring_databases.dsn("keyring"), key_service)
    yield keyring
    await keyring.close()


@pytest.fixture
async def forgetful(keyring_databases: Databases, key_service: FileKeyService) -> AsyncIterator[Keyring]:
    """Another process with the same key service, which keeps no key in memory."""
    pool = await asyncpg.create_pool(keyring_databases.dsn("keyring"), min_size=1, max_size=2)
    keyring = Keyring(pool, key_service, KeyCache(1, 0.0))
    yield keyring
    await keyring.close()
