"""The services in this process, with a clock that can be moved on, and everybody who has to do with reports."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from rongcuo.demo.client import Desk, Json
from rongcuo.platform import application, workers
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import SERVICES, Databases
from shared.database.provision import clone, drop
from shared.hosting.installation import Installation
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings

BASE = "http://intake.example"
COUNTY = "331123"
OFFICE = "331123-dic-1"
REPORTER: Json = {
    "name": "孙某某",
    "unit": "某某街道办事处",
    "address": "某某路一百号",
    "phone": "13900001234",
    "email": "sun.moumou@example.com",
    "id_number": "332526198001010014",
}
CONTENT = "反映某某局李某某在项目验收中把关不严，收受礼品。"
DESCRIBED = "某某局副局长李某某，男，约五十岁。"
REASON = "需当面核对举报人提供的验收单据。"


class MovableClock:
    """The clock of the service."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the time."""
        return utc_now() + self.ahead


@dataclass
class World:
    """`desk(role, …)` is somebody who holds this role, by default in the county."""

    http: httpx.AsyncClient
    databases: Databases
    issuer: DevelopmentIssuer
    clock: MovableClock
    desks: dict[Any, Desk] = field(default_factory=dict)

    def desk(
        self, role: str | tuple[str, ...], subject: str | None = None, jurisdiction: str = COUNTY, **claims: Any
    ) -> Desk:
        """Return the desk of a person with one role, or several; the same for the same person."""
        roles = (role,) if isinstance(role, str) else role
        key = (roles, subject, jurisdiction, tuple(claims.items()))
        if key not in self.desks:
            token = self.issuer.token(
                roles=roles, subject=subject or f"{roles[0]}-1", jurisdictions=[jurisdiction], minutes=600, **claims
            )
            self.desks[key] = Desk(self.http, {"intake": BASE}, token)
        return self.desks[key]

    @property
    def petition(self) -> Desk:
        """The petition office of the county."""
        return self.desk("petition_office", organisation="331123-petition")

    @property
    def handler(self) -> Desk:
        """An officer of the office that reports are assigned to."""
        return self.desk("handling_office", "officer-17", organisation=OFFICE)


def receipt(**change: Any) -> Json:
    """Return the body that enters a real-name report on a cadre of the county."""
    return {
        "report_id": str(new_id()),
        "jurisdiction": COUNTY,
        "channel": "letter",
        "managed_by": COUNTY,
        "received_on": "2023-05-04",
        "person_described": DESCRIBED,
        "content": CONTENT,
        "reporter": REPORTER,
    } | change


async def received(world: World, **change: Any) -> str:
    """Enter a report and return its path."""
    return str((await world.petition.create("/intake/v1/reports", receipt(**change)))["href"])


async def registered(world: World) -> str:
    """Register a cadre of the county and return the id of the party."""
    cadre = str(new_id())
    person = {"party_id": cadre, "kind": "person", "jurisdiction": COUNTY, "name": "李某某"}
    await world.handler.create("/intake/v1/parties", person)
    return cadre


async def assigned(world: World, **change: Any) -> str:
    """Enter a report, give it to the office, and return its path."""
    path = await received(world, **change)
    await world.petition.command(path, "assignment", {"office": OFFICE})
    return path


@pytest.fixture(scope="package")
async def world(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The services with intake's worker, on databases of their own."""
    databases = await clone(template, f"t{secrets.token_hex(5)}")
    place = tmp_path_factory.mktemp("secrets")
    issuer, clock = DevelopmentIssuer(place), MovableClock()
    installation = Installation(
        settings=Settings(data=place),
        given=databases,
        verifier=TokenVerifier(issuer.trusted()),
        key_service=FileKeyService.at(place / "kek"),
        rulebook=load_rulebook(),
        secret=secrets.token_bytes(32),
        clock=clock,
    )
    async with _served(installation) as http:
        yield World(http, databases, issuer, clock)
    await drop(databases)


@asynccontextmanager
async def _served(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    app, stop = application(installation, SERVICES, []), asyncio.Event()
    assert isinstance(app, Starlette)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        workers(installation, ["intake"]) as running,
        httpx.AsyncClient(transport=transport, base_url=BASE) as http,
        asyncio.TaskGroup() as group,
    ):
        for worker in running:
            group.create_task(worker.run(stop))
        yield http
        stop.set()
