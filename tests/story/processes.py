"""Programs of ours as processes of their own: started, waited for, killed, stopped, and seen to be gone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

from rongcuo.embedded.process import free_port, start_process, stop_process, tail

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90
HOST = "127.0.0.1"


def clean_environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with no setting of ours but `settings`, and no proxy before 127.0.0.1.

    What one of the many processes has compiled the others read: starting one then takes half the time.
    """
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("RONGCUO_")}  # noqa: TID251
    return {**inherited, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "", "no_proxy": HOST, **settings}


def run_program(*arguments: str, environment: Mapping[str, str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `python -m rongcuo …` to its end."""
    command = [sys.executable, "-m", "rongcuo", *arguments]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def left_running(marker: Path) -> list[str]:
    """Return the command lines of all processes that still have to do with the directory `marker`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and _mentions(process, str(marker)):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def _mentions(process: psutil.Process, marker: str) -> bool:
    if marker in " ".join(process.cmdline()) or process.cwd().startswith(marker):
        return True
    return any(marker in text for text in process.environ().values())


@dataclass
class Processes:
    """The processes of one installation, by name; each logs to a file of its own and listens on a port of its own."""

    environment: Mapping[str, str]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started: dict[str, tuple[Sequence[str], int]] = field(default_factory=dict)

    def start(self, name: str, *arguments: str, port: int | None = None, instead: Sequence[str] = ()) -> None:
        """Start `python -m rongcuo ARGUMENTS --port …` as `name`; `instead` of rongcuo another program of ours."""
        self.started[name] = (arguments, port or free_port())
        self.again(name, *instead)

    def again(self, name: str, *instead: str) -> None:
        """Start what was started as `name` before, with the same arguments on the same port."""
        arguments, port = self.started[name]
        command = [sys.executable, "-m", *(instead or ("rongcuo",)), *arguments, "--port", str(port)]
        self.running[name] = start_process(
            command,
            directory=ROOT,
            log=self.logs / f"{name}.log",
            environment=self.environment,
            death_signal=signal.SIGKILL,
        )

    def address(self, name: str) -> str:
        """Return where `name` listens."""
        return f"http://{HOST}:{self.started[name][1]}"

    async def ready(self, *names: str) -> None:
        """Wait until /readyz of all says yes; fails with the end of the log when one has ended."""
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(PATIENCE_S):
            for name in names or tuple(self.started):
                while not await self._is_ready(http, name):
                    await asyncio.sleep(0.1)

    async def _is_ready(self, http: httpx.AsyncClient, name: str) -> bool:
        code = self.running[name].poll()
        assert code is None, f"{name} ended with {code}:\n{tail(self.logs / f'{name}.log')}"
        try:
            return (await http.get(f"{self.address(name)}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self, name: str) -> None:
        """End a process as a power cut does."""
        process = self.running.pop(name)
        process.kill()
        process.wait(PATIENCE_S)

    def stop(self) -> dict[str, int | None]:
        """Ask all to end (SIGTERM, once) and return their exit codes; who takes too long is killed and has -9."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_S)
            stop_process(process)
        return {name: process.poll() for name, process in self.running.items()}

    def logged(self) -> bytes:
        """Return everything that the processes have printed."""
        return b"".join(path.read_bytes() for path in sorted(self.logs.iterdir()))
