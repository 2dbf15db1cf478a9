"""PostgreSQL and Kafka as process trees that can be killed, frozen, copied and put back on the same port."""

import asyncio
import secrets
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psutil  # type: ignore[import-untyped]

from rongcuo.embedded.process import free_port, is_free
from tests.story.processes import HOST, ROOT, clean_environment
from tests.support.launch import PASSWORD

START_S = 120
FIRST_PORT = 10_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def kept_port() -> int:
    """Return a free port that no outgoing connection is given while whoever listens there is down."""
    lowest = int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.is_file() else 0
    while lowest > FIRST_PORT:
        if is_free(port := FIRST_PORT + secrets.randbelow(lowest - FIRST_PORT)):
            return port
    return free_port()


class Server:
    """One server in `place`/`kind`, started and kept by a process of its own (`tests.support.launch`)."""

    def __init__(self, kind: Literal["postgres", "kafka"], place: Path) -> None:
        self.kind = kind
        self.port = kept_port()
        self.advertised_port = self.port
        self.place = place
        self._launcher: Process | None = None
        self._pid = 0

    @property
    def running(self) -> bool:
        """Whether it was started and not killed since."""
        return self._launcher is not None

    @property
    def dsn(self) -> str:
        """The administrator's DSN, past every proxy."""
        return f"postgresql://postgres:{PASSWORD.replace(' ', '%20')}@{HOST}:{self.port}/postgres"

    async def start(self) -> None:
        """Start it on its port, as the product does after a crash, and wait until it takes requests."""
        options = ["--port", str(self.port)]
        if self.kind == "kafka":
            options += ["--advertised-port", str(self.advertised_port)]
        command = ["-m", "tests.support.launch", self.kind, str(self.place), *options]
        self._launcher = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=ROOT, env=clean_environment(), stdin=PIPE, stdout=PIPE
        )
        assert self._launcher.stdout
        async with asyncio.timeout(START_S):
            told = (await self._launcher.stdout.readline()).split()
        assert told, f"{self.kind} did not start: see {self.place}"
        port, self._pid = map(int, told)
        assert port == self.port, f"somebody has taken port {self.port}"

    async def kill(self) -> None:
        """End every process of it at once, as a power cut does."""
        for process in self._tree():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await self._leave(signal.SIGKILL)

    async def stop(self) -> None:
        """Let it end in order."""
        await self._leave(None)

    def freeze(self) -> None:
        """Let none of its processes go on."""
        for process in self._tree():
            process.suspend()

    def thaw(self) -> None:
        """Let all go on."""
        for process in self._tree():
            process.resume()

    async def copy(self, to: Path) -> None:
        """Copy its data, while it does not run; owners and modes stay."""
        await self._run("cp", "-a", str(self.place / self.kind), str(to))

    async def put_back(self, copy: Path) -> None:
        """Replace its data by a copy, while it does not run."""
        self.wipe()
        await self._run("cp", "-a", str(copy), str(self.place / self.kind))

    def wipe(self) -> None:
        """Forget its data, while it does not run."""
        shutil.rmtree(self.place / self.kind)

    def _tree(self) -> list[psutil.Process]:
        """Return the server, which stands still from now on, and its children."""
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._pid)
            server.suspend()  # it makes no child between the look and what follows
            return [*server.children(recursive=True), server]
        return []

    async def _leave(self, number: signal.Signals | None) -> None:
        launcher, self._launcher = self._launcher, None
        if launcher is None:
            return
        assert launcher.stdin
        if number is not None:
            launcher.send_signal(number)
        launcher.stdin.close()
        await launcher.communicate()

    async def _run(self, *command: str) -> None:
        process = await asyncio.create_subprocess_exec(*command)
        assert await process.wait() == 0
