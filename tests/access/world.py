"""The four services with things in every state and every relation that the tables name, in a county and its city."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from starlette.applications import Starlette

from rongcuo.platform import application, workers
from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import SERVICES, Databases
from shared.hosting.installation import Installation
from shared.kernel.clock import utc_now
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.rules.pack import Rulebook
from shared.settings import Settings
from tests.access.callers import ASKERS, CITY, COUNTY, ELSEWHERE, EVERYWHERE, Tokens, Who
from tests.access.cases import CASES, CONCLUDED, Cases
from tests.access.desks import BASE, Desks
from tests.access.people import register_people
from tests.access.reports import receive_reports
from tests.access.submissions import draft_of, file_submissions, write_drafts
from tests.access.volumes import keep_volumes

READERS = ("external_auditor", "dic_head", "petition_office", "secadmin")
"""Together they read everything that has a version."""
LONG_AFTER = timedelta(days=20 * 366)
"""When the world is made, so that volumes of 2023 need not be kept any more."""


class MovableClock:
    """The services' clock; what was granted for minutes is over when it has been moved on."""

    def __init__(self) -> None:
        self.ahead = LONG_AFTER

    def __call__(self) -> datetime:
        """Return the time of the services."""
        return utc_now() + self.ahead


@dataclass(frozen=True)
class World:
    """`names` are the ids of the things by name; `working()` runs the workers, which rest otherwise."""

    http: httpx.AsyncClient
    names: dict[str, str]
    tokens: Tokens
    clock: MovableClock
    desks: Desks
    working: Callable[[], AbstractAsyncContextManager[None]]
    _etags: dict[str, str] = field(default_factory=dict)

    async def etag(self, path: str) -> str:
        """Return the version of a resource as somebody of the whole country read it first; of nothing, any."""
        if path.rpartition("/")[2] not in self.names.values():
            return '"v1"'
        if path not in self._etags:
            found = [await self._read(path, role) for role in READERS]
            self._etags[path] = next((tag for tag in found if tag), '"v1"')
        return self._etags[path]

    async def _read(self, path: str, role: str) -> str | None:
        token = self.tokens.token(Who(EVERYWHERE, None, "reader-1"), role)
        answer = await self.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {200, 403, 404}, f"{path}: {answer.text}"
        tag: str | None = answer.headers.get("etag")
        return tag

    async def rewrite_draft(self, role: str) -> None:
        """Write a draft again that its writer has deleted."""
        who = self.tokens.who("draft", "author", role)
        headers = {"Authorization": f"Bearer {self.tokens.token(who, role)}"}
        path = f"/intake/v1/drafts/{self.names[f'draft {role}']}"
        answer = await self.http.put(path, json=draft_of(role, self.names), headers=headers)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def peopled(databases: Databases, place: Path) -> AsyncIterator[World]:
    """Open the services, people them, stop their workers, move the clock past the short grants, yield the world."""
    issuer, clock = DevelopmentIssuer(place), MovableClock()
    installation = Installation(
        settings=Settings(data=place),
        given=databases,
        verifier=TokenVerifier(issuer.trusted()),
        key_service=FileKeyService.at(place / "kek"),
        rulebook=_rules(),
        secret=secrets.token_bytes(32),
        clock=clock,
    )
    app = application(installation, SERVICES, [])
    assert isinstance(app, Starlette)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        desks = Desks(http, issuer)
        async with _working(installation):
            names = await _people(desks, clock)
        clock.ahead += timedelta(minutes=31)
        yield World(http, names, Tokens(issuer, names), clock, desks, partial(_working, installation))


async def _people(desks: Desks, clock: MovableClock) -> dict[str, str]:
    names = await register_people(desks)
    names |= await write_drafts(desks, names)
    names |= await file_submissions(desks, names)
    names |= await receive_reports(desks, names)
    names |= await Cases(desks, names, clock).open_all()
    names |= await keep_volumes(desks, names)
    names["withdrawal"] = await _withdraw(desks)
    return names | await _told(desks, names)


async def _withdraw(desks: Desks) -> str:
    """Withdraw the access of somebody who never comes."""
    security = desks("secadmin", subject="security-01")
    gone = {"issuer": DEVELOPMENT_ISSUER, "subject": "officer-gone", "reason": "left-office"}
    withdrawal = str((await security.create("/intake/v1/withdrawals", gone))["id"])
    await security.until("/intake/v1/withdrawals", lambda answer: bool(answer["items"]))
    return withdrawal


async def _told(desks: Desks, names: dict[str, str]) -> dict[str, str]:
    """Wait until lists, dossiers and notices have come; tell the notices of the cadre, by their submissions."""
    leader, everything = desks.leader(), len([name for name in names if name.startswith("case ")])
    await leader.until(f"{CASES}?limit=200", lambda answer: len(answer["items"]) == everything)
    await leader.until("/archive/v1/dossiers?limit=200", lambda answer: len(answer["items"]) == len(CONCLUDED) * 2)
    await leader.until("/intake/v1/unmaskings", lambda answer: len(answer["items"]) == len(ASKERS) * 3 + 1)
    cadre = desks("subject", subject="person-cadre", party=names["cadre"])
    inbox = await cadre.until("/notification/v1/inbox?limit=200", lambda answer: len(answer["items"]) >= everything + 2)
    about = {item["about_id"]: item["id"] for item in inbox["items"]}
    return {f"notice {place}": about[names[f"submission {place} complete accepted"]] for place in ("county", "city")}


def _rules() -> Rulebook:
    """The county's rules hold in the city and in the other county, too: nobody has published theirs."""
    packs = list(load_rulebook())
    return Rulebook(
        [pack.model_copy(update={"jurisdiction": code}) for pack in packs for code in (COUNTY, CITY, ELSEWHERE)]
    )


@asynccontextmanager
async def _working(installation: Installation) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with workers(installation, SERVICES) as running, asyncio.TaskGroup() as group:
        for worker in running:
            group.create_task(worker.run(stop))
        yield
        stop.set()
