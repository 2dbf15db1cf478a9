"""PostgreSQL over TLS: what the DSN says about certificates holds for every way by which we connect."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from rongcuo.certificates import Authority, pem
from rongcuo.embedded.postgres import Postgres
from shared.database.databases import Databases
from shared.database.migrate import migrate
from shared.database.provision import drop, provision
from shared.database.schema import DatabaseRefused, await_database
from shared.eventstore.engine import open_engine
from shared.eventstore.store import open_store
from tests.support.other_postgres import OLDEST, PLACES, version_of
from tests.support.servers import roomy_directory

ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
BESIDE = (
    "SELECT count(*) FILTER (WHERE ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1"
)


@dataclass(frozen=True)
class Encrypted:
    """A server that takes encrypted connections only, and who signed its certificate."""

    dsn: str
    ca: Path


@pytest.fixture(scope="module")
async def encrypted() -> AsyncIterator[Encrypted]:
    """Start a PostgreSQL that was built with TLS, which the embedded one is not."""
    installed = [place for pattern in PLACES for place in Path("/").glob(pattern) if version_of(place) >= OLDEST]
    if not installed:
        pytest.skip("no PostgreSQL with TLS is installed")
    with (
        roomy_directory() as place,
        Postgres(place / "postgres", password="p" * 32, log=place / "log", bin_dir=installed[0]) as server,
    ):
        authority = Authority.new()
        (place / "ca.crt").write_text(pem(authority.certificate))
        await _encrypt(server, authority)
        yield Encrypted(f"{server.dsn}?sslmode=verify-full&sslrootcert={place / 'ca.crt'}", place / "ca.crt")


async def _encrypt(server: Postgres, authority: Authority) -> None:
    key, certificate = authority.certify(["127.0.0.1"])
    owner = server.cluster.stat()
    for name, content in {"server.key": key, "server.crt": certificate}.items():
        (server.cluster / name).write_text(content)
        (server.cluster / name).chmod(0o600)
        os.chown(server.cluster / name, owner.st_uid, owner.st_gid)
    rules = server.cluster / "pg_hba.conf"
    rules.write_text(rules.read_text().replace("host ", "hostssl "))
    administrator = await asyncpg.connect(server.dsn)
    await administrator.execute("ALTER SYSTEM SET ssl = on")
    await administrator.execute("SELECT pg_reload_conf()")
    await administrator.close()


@pytest.fixture(scope="module")
async def installation(encrypted: Encrypted) -> Databases:
    """Databases that were made and migrated over TLS."""
    databases = Databases(encrypted.dsn, b"r" * 32)
    await provision(databases)
    await migrate(databases)
    return databases


async def test_every_connection_of_a_service_is_encrypted(installation: Databases) -> None:
    dsn = installation.dsn("intake")
    await await_database(dsn, "intake")
    async with open_store(dsn, "intake") as store:
        assert await store.log.head() == 0
        assert await store.log.pool.fetchval(ENCRYPTED)
        engine = open_engine(dsn)
        async with engine.connect() as connection:
            assert (await connection.execute(text(ENCRYPTED))).scalar_one()
            encrypted, all_ = await store.log.pool.fetchrow(BESIDE, installation.role("intake")) or (0, 0)
            assert encrypted == all_ >= 3  # the reading pool, the appender, the read models
        await engine.dispose()


async def test_a_server_whose_certificate_nobody_signed_is_refused_at_once(
    installation: Databases, encrypted: Encrypted, tmp_path: Path
) -> None:
    shutil.copy(encrypted.ca, tmp_path / "theirs.crt")
    (tmp_path / "ours.crt").write_text(pem(Authority.new().certificate))
    dsn = installation.dsn("intake").replace(str(encrypted.ca).replace("/", "%2F"), str(tmp_path / "ours.crt"))
    assert "ours.crt" in dsn
    with pytest.raises(DatabaseRefused, match="CERTIFICATE_VERIFY_FAILED"):
        await await_database(dsn, "intake", patience_s=60)


async def test_no_service_falls_back_to_talking_in_the_clear(installation: Databases) -> None:
    plain = installation.dsn("intake").split("?")[0] + "?sslmode=disable"
    with pytest.raises(DatabaseRefused, match="no encryption"):
        await await_database(plain, "intake")
    await drop(installation, roles=True)
