"""A whole installation of processes under test, with databases, roles and topics of its own, and a cast in it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from rongcuo.demo.story import Cast
from rongcuo.embedded.data import DataDirectory
from shared.authz.development import DevelopmentIssuer
from shared.database.databases import SERVICES, Databases
from shared.database.provision import drop
from shared.messaging.kafka_settings import KafkaSettings
from tests.story.processes import Processes, clean_environment, left_running, run_program

NOT_SEALED = {"found_by"}
"""It names a body, which the token of whoever works for it names in clear, too."""


@dataclass
class Installation:
    """What a test needs to act in an installation and to look behind it. `spoken`: every text that was ever sent."""

    data: Path
    databases: Databases
    kafka: KafkaSettings | None
    processes: Processes
    base: dict[str, str]
    cast: Cast
    issuer: DevelopmentIssuer
    spoken: set[str] = field(default_factory=set)

    def auditor_token(self) -> str:
        """Return a token for the programs of an auditor."""
        return self.issuer.token(roles=["external_auditor"], subject="auditor-09", jurisdictions=("331123",))


@asynccontextmanager
async def installed(place: Path, dsn: str, bootstrap: str | None, **more: str) -> AsyncIterator[Installation]:
    """Run one process with LocalBus, or with Kafka two for each service; at the end all have to go in good order.

    `more` are further settings, without the prefix RONGCUO_.
    """
    prefix = f"s{secrets.token_hex(4)}"
    settings = {
        "DATA": str(place / "data"),
        "DSN": dsn,
        "DATABASE_PREFIX": prefix,
        "ROLE_PREFIX": prefix,
        "SANDBOX": "1",
        **more,
    }
    if bootstrap:
        settings |= {"KAFKA": bootstrap, "TOPIC_PREFIX": prefix}
    (place / "logs").mkdir()
    environment = clean_environment(**{f"RONGCUO_{name}": text for name, text in settings.items()})
    processes = Processes(environment, place / "logs")
    try:
        base = _start_many(processes) if bootstrap else _start_one(processes)
        await processes.ready()
        data = DataDirectory(place / "data")
        databases = Databases(dsn, data.role_secret(), prefix, prefix)
        kafka = KafkaSettings(bootstrap, prefix) if bootstrap else None
        async with _acting(base, DevelopmentIssuer(data.secrets)) as (cast, issuer, spoken):
            yield Installation(place / "data", databases, kafka, processes, base, cast, issuer, spoken)
        codes = processes.stop()
        assert set(codes.values()) == {0}, f"exit codes {codes}"
        assert left_running(place) == []
    finally:
        processes.stop()
        await drop(Databases(dsn, b"", prefix, prefix), roles=True)


def _start_one(processes: Processes) -> dict[str, str]:
    processes.start("up", "up")
    return dict.fromkeys(SERVICES, processes.address("up"))


def _start_many(processes: Processes) -> dict[str, str]:
    for step in ("migrate", "topics"):
        ran = run_program(step, environment=processes.environment)
        assert ran.stdout == f"{step}: ok\n", ran.stderr
    for service in SERVICES:
        for role in ("api", "worker"):
            processes.start(f"{service}.{role}", "serve", service, "--role", role)
    return {service: processes.address(f"{service}.api") for service in SERVICES}


@asynccontextmanager
async def _acting(
    base: dict[str, str], issuer: DevelopmentIssuer
) -> AsyncIterator[tuple[Cast, DevelopmentIssuer, set[str]]]:
    spoken: set[str] = set()

    async def listen(request: httpx.Request) -> None:
        spoken.update(_texts(orjson.loads(request.content)) if request.content else ())

    async with httpx.AsyncClient(timeout=30, trust_env=False, event_hooks={"request": [listen]}) as http:
        yield Cast.assemble(http, base, issuer.token), issuer, spoken


def _texts(value: Any) -> set[str]:
    """Return every Chinese text in a body."""
    if isinstance(value, dict):
        return {text for name, member in value.items() if name not in NOT_SEALED for text in _texts(member)}
    if isinstance(value, list):
        return {text for member in value for text in _texts(member)}
    return {value} if isinstance(value, str) and not value.isascii() else set()
