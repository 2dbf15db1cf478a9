"""The processes that are measured: two APIs of ours on a migrated PostgreSQL of its own, and the bare endpoint."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]

from bench.http.bare import TABLE
from bench.servers import place, postgres
from rongcuo.embedded.data import DataDirectory
from rongcuo.embedded.process import ServerFailed, free_port, start_process, stop_process, tail
from shared.authz.development import DevelopmentIssuer
from shared.database.databases import Databases
from shared.eventstore.store import EventStore, open_store
from shared.keyring.key_service import FileKeyService
from shared.keyring.keyring import Keyring

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "adjudication")
BARE = "bare"
_BARE_DATABASE = "bare"
_PATIENCE_S = 60


@dataclass(frozen=True)
class Process:
    """A server that answers on `port` of 127.0.0.1."""

    pid: int
    port: int

    def mebibytes(self) -> float:
        """Return how much memory the process holds (RSS)."""
        return float(psutil.Process(self.pid).memory_info().rss / 2**20)


@dataclass(frozen=True)
class Running:
    """Everything that runs: the database server, with its data below `directory`, and the processes by name."""

    directory: Path
    postgres: int
    processes: Mapping[str, Process]
    databases: Databases
    bare_dsn: str
    issuer: DevelopmentIssuer
    data: DataDirectory

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[tuple[EventStore, Keyring]]:
        """Open adjudication's log and the keyring, to prepare what is measured."""
        keyring = await Keyring.open(self.databases.dsn("keyring"), FileKeyService.at(self.data.key_encryption_key))
        try:
            async with open_store(self.databases.dsn("adjudication"), "adjudication") as store:
                yield store, keyring
        finally:
            await keyring.close()


@contextmanager
def running() -> Iterator[Running]:
    """Start everything, and stop it at the end."""
    with place() as directory, postgres(directory) as server, ExitStack() as stack:
        data = directory / "data"
        settings = {"DATA": str(data), "DSN": server.dsn, "SANDBOX": "1", "RATE_COMMANDS": str(NO_BUDGET)}
        environment = _environment(**{f"RONGCUO_{name}": text for name, text in settings.items()})
        _run("rongcuo", "migrate", environment=environment)
        bare_dsn = asyncio.run(_bare_database(server.dsn))
        started = {BARE: stack.enter_context(_started(directory, BARE, {"BARE_DSN": bare_dsn}))}
        for service in SERVICES:
            started[service] = stack.enter_context(_started(directory, service, environment))
        opened = DataDirectory(data)
        assert server.pid is not None  # noqa: S101 - it runs
        yield Running(
            directory,
            server.pid,
            started,
            Databases(server.dsn, opened.role_secret()),
            bare_dsn,
            DevelopmentIssuer(opened.secrets),
            opened,
        )


NO_BUDGET = 10**9
"""Commands a minute: they are counted as everywhere, and nobody measures what a budget refuses."""


def _environment(**settings: str) -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("RONGCUO_")}  # noqa: TID251
    return {**inherited, "PYTHONUNBUFFERED": "1", **settings}


def _run(*arguments: str, environment: Mapping[str, str]) -> None:
    subprocess.run([sys.executable, "-m", *arguments], env=dict(environment), cwd=ROOT, check=True, capture_output=True)  # noqa: S603


async def _bare_database(admin_dsn: str) -> str:
    """Make the bare endpoint's database and table; return its DSN."""
    connection = await asyncpg.connect(admin_dsn)
    await connection.execute(f"CREATE DATABASE {_BARE_DATABASE}")
    await connection.close()
    dsn = f"{admin_dsn.rpartition('/')[0]}/{_BARE_DATABASE}"
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    await connection.close()
    return dsn


@contextmanager
def _started(directory: Path, name: str, environment: Mapping[str, str]) -> Iterator[Process]:
    port, log = free_port(), directory / f"{name}.log"
    if name == BARE:
        command = [sys.executable, "-m", "bench.http.bare", str(port)]
    else:
        command = [sys.executable, "-m", "rongcuo", "serve", name, "--role", "api", "--port", str(port)]
    process = start_process(
        command, directory=ROOT, log=log, environment=_environment(**environment), death_signal=signal.SIGKILL
    )
    try:
        _wait(process, port, log)
        yield Process(process.pid, port)
    finally:
        stop_process(process, signal.SIGTERM)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Return when the server answers; raises ServerFailed when it has ended or takes too long."""
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise ServerFailed(f"no answer on port {port}:\n{tail(log)}")
