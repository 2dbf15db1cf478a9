"""The PostgreSQL and the Kafka of one test session: those that the environment names, else our own."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]

from rongcuo.embedded.kafka import Kafka
from rongcuo.embedded.postgres import Postgres
from shared.database.databases import Databases
from shared.database.migrate import migrate
from shared.database.provision import drop, provision

_ROLE_SECRET_BYTES = 32
_NAME = "rongcuo-tests-"
_MEMORY = Path("/dev/shm")  # cloning and dropping databases is five times as fast where fsync costs nothing
_ROOM = 4 * 1024**3


@dataclass(frozen=True)
class Server:
    """A PostgreSQL under test: the administrator's DSN, and the version that it reports."""

    dsn: str
    version: str


@dataclass(frozen=True)
class Broker:
    """A Kafka under test: its address, and what it is."""

    bootstrap: str
    version: str


@contextmanager
def postgres_server(bin_dir: Path | None = None) -> Iterator[Server]:
    """Yield the server of RONGCUO_TEST_DSN or RONGCUO_DSN, else one that is started here and removed afterwards."""
    given = os.environ.get("RONGCUO_TEST_DSN") or os.environ.get("RONGCUO_DSN")  # noqa: TID251
    if given and bin_dir is None:
        yield Server(given, version_of(given))
        return
    with (
        roomy_directory() as place,
        Postgres(
            place / "postgres", password=secrets.token_hex(16), log=place / "postgres.log", bin_dir=bin_dir
        ) as own,
    ):
        yield Server(own.dsn, version_of(own.dsn))


@contextmanager
def kafka_broker() -> Iterator[Broker]:
    """Yield the broker of RONGCUO_KAFKA, else one that is started here and removed afterwards."""
    given = os.environ.get("RONGCUO_KAFKA")  # noqa: TID251
    if given:
        yield Broker(given, f"Kafka at {given}")
        return
    with roomy_directory() as place, Kafka(place / "kafka", log=place / "kafka.log", brief=True) as own:
        yield Broker(own.bootstrap, own.version)


@contextmanager
def roomy_directory() -> Iterator[Path]:
    """Yield a fresh directory that every account may walk through, as PostgreSQL before 16 needs it from root."""
    base = _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else Path(tempfile.gettempdir())
    _remove_leftovers(base)
    place = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=base))
    place.chmod(0o711)
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _remove_leftovers(base: Path) -> None:
    """Remove the directories of sessions that were killed."""
    for place in base.glob(f"{_NAME}*"):
        if not psutil.pid_exists(int(place.name.removeprefix(_NAME).split("-")[0])):
            shutil.rmtree(place, ignore_errors=True)


def version_of(dsn: str) -> str:
    """Return what the server says of itself, for example `18.6`."""

    async def ask() -> str:
        connection = await asyncpg.connect(dsn)
        try:
            return str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        return runner.run(ask())


async def make_template(server: Server) -> Databases:
    """Return freshly migrated databases, with roles of their own, that `clone` copies."""
    unique = f"t{secrets.token_hex(4)}"
    template = Databases(server.dsn, secrets.token_bytes(_ROLE_SECRET_BYTES), f"{unique}_tpl", unique)
    await provision(template)
    await migrate(template)
    return template


async def remove(template: Databases) -> None:
    """Drop the template and its roles."""
    await drop(template, roles=True)
