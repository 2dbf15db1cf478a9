"""One running service for all tests of the edge, and clients that call it as somebody."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import Databases
from shared.database.provision import clone, drop
from shared.eventstore.store import EventStore, open_store
from shared.kernel.ids import new_id
from shared.web.app import create_app
from tests.web.petitions import service

OFFICE = {"roles": ["handling_office"], "subject": "o-1", "jurisdictions": ["331123"]}
As = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIssuer:
    return DevelopmentIssuer(Path(tmp_path_factory.mktemp("issuer")))


@pytest.fixture(scope="session")
def verifier(issuer: DevelopmentIssuer) -> TokenVerifier:
    return TokenVerifier(issuer.trusted())


@pytest.fixture(scope="session")
async def store(template: Databases) -> AsyncIterator[EventStore]:
    copy = await clone(template, f"t{secrets.token_hex(5)}")
    async with open_store(copy.dsn("intake"), "intake", connections=4) as opened:
        yield opened
    await drop(copy)


@pytest.fixture(scope="session")
def made() -> list[str]:
    """The texts of which commands were built."""
    return []


@pytest.fixture(scope="session")
async def client(store: EventStore, verifier: TokenVerifier, made: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(service(store, verifier, made=made))) as open_client:
        yield open_client


@pytest.fixture(scope="session")
def as_(issuer: DevelopmentIssuer) -> As:
    """Return headers of a caller; keyword arguments change who it is."""

    def headers(**changes: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.token(**{**OFFICE, **changes})}"}

    return headers


@pytest.fixture
def command(as_: As) -> As:
    """Return the headers of a fresh command; `match` is the version the caller has read."""

    def headers(*, key: str | None = None, match: int | None = None, **who: Any) -> dict[str, str]:
        matching = {} if match is None else {"If-Match": f'"v{match}"'}
        return {**as_(**who), "Idempotency-Key": key or str(new_id()), **matching}

    return headers


@pytest.fixture
async def petition(client: httpx.AsyncClient, command: As) -> str:
    """The path of a petition that was just filed."""
    answer = await client.post("/intake/v1/petitions", json={"title": "关于某项目的申请"}, headers=command())
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run `app` within its lifespan and yield a client of it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://edge.example") as open_client,
    ):
        yield open_client
