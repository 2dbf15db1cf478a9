"""Runs docker-compose.yml without containers: its commands and environment, word for word, as processes on loopback.

Only what a container would have to itself is replaced: host names and ports, and the paths of what is mounted. The
program is what the Dockerfile copies, built as a wheel and unpacked; nothing of the checkout is on the path.
"""

import asyncio
import compileall
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from rongcuo.embedded.process import free_port, start_process, stop_process, tail
from tests.deploy.manifests import Compose, Document
from tests.deploy.validate import ROOT, program

HOST = "127.0.0.1"
PATIENCE_S = 90
_DOCKERFILE = ROOT / "Dockerfile"


def final_stage() -> str:
    """Return the last stage of the Dockerfile, with its continued lines joined."""
    return _DOCKERFILE.read_text().replace("\\\n", " ").rpartition("\nFROM ")[2]


def image_environment() -> dict[str, str]:
    """Return the settings that the image gives to every process; its paths are left out."""
    (line,) = re.findall(r"^ENV (.+)$", final_stage(), re.MULTILINE)
    return {name: value for name, value in re.findall(r"(\w+)=(\S+)", line) if name != "PATH"}


def unpack_image(place: Path) -> Path:
    """Build the wheel from what the Dockerfile copies and unpack it below `place`; return where the program is."""
    source, wheels, unpacked = place / "source", place / "wheels", place / "image"
    source.mkdir()
    first = _DOCKERFILE.read_text().rpartition("\nFROM ")[0]
    for line in re.findall(r"^COPY (?!--from)(.+)$", first, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            _copy(ROOT / name, source / target / Path(name).name if target.endswith("/") else source / target)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = wheels.iterdir()
    zipfile.ZipFile(wheel).extractall(unpacked)
    compileall.compile_dir(unpacked, quiet=1)  # as pip does
    return unpacked


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


@dataclass
class Containers:
    """The containers of a composition, as processes; `elsewhere` maps `host:port` of one to where it is here."""

    compose: Compose
    place: Path
    image: Path
    secrets: Path
    elsewhere: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def port(self, address: str) -> int:
        """Return the port that stands for `address`; the same for the same address."""
        if address not in self.elsewhere:
            self.elsewhere[address] = f"{HOST}:{free_port()}"
        return int(self.elsewhere[address].rpartition(":")[2])

    def environment(self, name: str) -> dict[str, str]:
        """Return the whole environment of a container: that of the composition, over that of the image."""
        service = self.compose.services[name]
        ours = service["image"].startswith("rongcuo:")
        given = {**(image_environment() if ours else {}), **service.get("environment", {})}
        own = {"PATH": os.defpath, "HOME": str(self.home(name))}
        if ours:
            own |= {"PYTHONPATH": str(self.image), "RONGCUO_PORT": str(self.port(f"{name}:8080"))}
        ports = {each: str(self.port(f"{name}:{text}")) for each, text in given.items() if each.endswith("_PORT")}
        return own | {each: self._here(name, str(text)) for each, text in given.items()} | ports

    def home(self, name: str) -> Path:
        """Return the directory in which a container works and into which it has no need to write."""
        home = self.place / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        return home

    def run(self, name: str, *command: str) -> str:
        """Run a container to its end, as the composition says or with another command, and return what it printed."""
        done = self._run(name, list(command), {})
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, name: str, **settings: str) -> str:
        """Run a container with other settings, which it has to refuse, and return what it said."""
        done = self._run(name, [], settings)
        assert done.returncode == 1, f"{name}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _run(self, name: str, command: list[str], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, command),
            env=self.environment(name) | settings,
            cwd=self.home(name),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, name: str) -> None:
        """Start a container that serves."""
        self.running[name] = start_process(
            self.command(name, []),
            directory=self.home(name),
            log=self.place / f"{name}.log",
            environment=self.environment(name),
            death_signal=signal.SIGKILL,
        )

    def command(self, name: str, instead: list[str]) -> list[str]:
        """Return what a container runs here."""
        service = self.compose.services[name]
        words = [self._here(name, word) for word in instead or service["command"]]
        if service["image"].startswith("rongcuo:"):
            assert 'ENTRYPOINT ["rongcuo"]' in final_stage()
            return [sys.executable, "-m", "rongcuo", *words]
        return [program(words[0]), *words[1:]]

    async def until(self, address: str, name: str) -> None:
        """Wait until `address` answers 200; fails when the container `name` has ended."""
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(PATIENCE_S):
            while not await _answers(http, address):
                ended = self.running[name].poll()
                assert ended is None, f"{name} ended with {ended}:\n{tail(self.place / f'{name}.log')}"
                await asyncio.sleep(0.1)

    def healthy(self, name: str) -> bool:
        """Tell what the image's health check says."""
        (check,) = re.findall(r'^HEALTHCHECK .*CMD \["python", (.+)\]$', final_stage(), re.MULTILINE)
        words = [sys.executable, *(word.strip().strip('"') for word in check.split(","))]
        address = f"http://{HOST}:{self.port(f'{name}:8080')}/healthz"
        asked = subprocess.run([*words, address], env=self.environment(name), capture_output=True, check=False)
        return asked.returncode == 0

    def stop(self) -> dict[str, int | None]:
        """Send every container SIGTERM, as an engine does, and return the exit codes; -9 for whoever took too long."""
        for process in self.running.values():
            process.terminate()
        for name, process in self.running.items():
            with suppress(subprocess.TimeoutExpired):
                process.wait(int(self.compose.services[name]["stop_grace_period"].removesuffix("s")))
            stop_process(process)
        return {name: process.returncode for name, process in self.running.items()}

    def _here(self, name: str, text: str) -> str:
        for inside, outside in self._mounts(self.compose.services[name]).items():
            if text == inside:
                return str(outside)
        if text == "/run/secrets" or text.startswith("/run/secrets/"):
            return text.replace("/run/secrets", str(self._secrets_of(name)))
        if text == "0.0.0.0":
            return HOST
        if re.fullmatch(r"[\w.-]+:\d+", text):
            self.port(text)
            return self.elsewhere[text]
        return text

    def _mounts(self, service: Document) -> Mapping[str, Path]:
        """Return what is bound into a container, and what the image has of the checkout, by the path inside."""
        bound = (each.split(":") for each in service.get("volumes", []) if each.startswith("./"))
        copied = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", final_stage(), re.MULTILINE)
        mounts = {inside: ROOT / outside for outside, inside in copied}
        return mounts | {
            inside: self.secrets if outside == "./secrets" else ROOT / outside for outside, inside, *_ in bound
        }

    def lend(self, name: str, secret: str, target: str | None = None) -> None:
        """Put a file of the secrets into a container, with addresses of this machine in it."""
        text = (self.secrets / secret).read_text()
        for there, here in self.elsewhere.items():
            text = text.replace(f"@{there}/", f"@{here}/")
        (self._secrets_of(name) / (target or secret)).write_text(text)

    def given(self, name: str, secret: str) -> str:
        """Return a secret as a container was given it."""
        return (self._secrets_of(name) / secret).read_text()

    def _secrets_of(self, name: str) -> Path:
        """Return the directory of the files that a container was given."""
        folder = self.place / "secrets-of" / name
        if not folder.exists():
            folder.mkdir(parents=True)
            for each in self.compose.services[name].get("secrets", []):
                self.lend(name, *((each,) if isinstance(each, str) else (each["source"], each["target"])))
        return folder


async def _answers(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(address)).status_code == 200
    except httpx.TransportError:
        return False
