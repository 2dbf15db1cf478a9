"""What the bus is measured on: a private PostgreSQL and Kafka, and an installation made by `rongcuo migrate`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench.servers import kafka, place, postgres
from rongcuo.embedded.data import DataDirectory
from rongcuo.embedded.process import ServerFailed, free_port, start_process, stop_process, tail
from shared.database.databases import Databases
from shared.messaging.kafka_settings import KafkaSettings

ROOT = Path(__file__).parents[2]
PREFIX = "rongcuo"
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Ground:
    """Where everything is; `pids` are the servers' by name."""

    directory: Path
    databases: Databases
    kafka: KafkaSettings
    pids: dict[str, int]
    environment: dict[str, str]

    def topics(self, prefix: str) -> KafkaSettings:
        """Return the way to the same broker with topics of another prefix."""
        return KafkaSettings(self.kafka.bootstrap, prefix)

    @contextmanager
    def workers(self, *services: str, bus: str) -> Iterator[dict[str, int]]:
        """Run `rongcuo serve … --role worker` for each service; yields their process ids. `bus`: kafka or local."""
        environment = dict(self.environment)
        if bus == "local":
            del environment["RONGCUO_KAFKA"]
        with ExitStack() as stack:
            yield {name: stack.enter_context(self._worker(name, environment)) for name in services}

    @contextmanager
    def _worker(self, service: str, environment: dict[str, str]) -> Iterator[int]:
        port, log = free_port(), self.directory / f"{service}.log"
        command = [sys.executable, "-m", "rongcuo", "serve", service, "--role", "worker", "--port", str(port)]
        process = start_process(command, directory=ROOT, log=log, environment=environment, death_signal=signal.SIGKILL)
        try:
            _wait(process, port, log)
            yield process.pid
        finally:
            stop_process(process, signal.SIGTERM)


@contextmanager
def ground() -> Iterator[Ground]:
    """Start both servers and make databases, roles and topics."""
    with place() as directory, postgres(directory) as server, kafka(directory) as broker:
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("RONGCUO_")}  # noqa: TID251
        environment = {
            **inherited,
            "RONGCUO_DATA": str(directory / "data"),
            "RONGCUO_DSN": server.dsn,
            "RONGCUO_KAFKA": broker.bootstrap,
            "RONGCUO_TOPIC_PREFIX": PREFIX,
            "RONGCUO_SANDBOX": "1",
        }
        for step in ("migrate", "topics"):
            command = [sys.executable, "-m", "rongcuo", step]
            done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise ServerFailed(f"rongcuo {step}: {done.stderr}")
        databases = Databases(server.dsn, DataDirectory(directory / "data").role_secret())
        pids = {"PostgreSQL": _pid(server.pid), "Kafka": _pid(broker.pid)}
        yield Ground(directory, databases, KafkaSettings(broker.bootstrap, PREFIX), pids, environment)


def _pid(pid: int | None) -> int:
    if pid is None:
        raise ServerFailed("a server has ended")
    return pid


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise ServerFailed(f"a worker is not ready:\n{tail(log)}")
