"""Two processes of two real services, and what it takes to come in."""

import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from rongcuo.platform import application
from shared.authz.caller import Caller
from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.signed_requests import SYSTEMS, SignatureVerifier, System, canonical_string, sign
from shared.authz.tokens import TokenVerifier
from shared.database.databases import Databases
from shared.hosting.installation import Installation
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings

BASE = "http://services.example"
PACKS = "/intake/v1/rule-packs"
SECRET = b"s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t"
ROLES = frozenset({"inspection_team", "case_mgmt"})
SYSTEM = System(
    Caller(SYSTEMS, "system:province-01", ROLES, "unit-9", ("331123",), None), frozenset({"intake"}), (SECRET,)
)


@dataclass(frozen=True)
class Doors:
    """Two processes of two services on one installation, and who may come in."""

    http: httpx.AsyncClient
    other: httpx.AsyncClient
    installation: Installation
    issuer: DevelopmentIssuer

    def bearer(self, role: str, subject: str = "somebody") -> dict[str, str]:
        token = self.issuer.token(roles=[role], subject=subject, jurisdictions=["331123"])
        return {"Authorization": f"Bearer {token}"}

    async def withdraw(self, subject: str, issuer: str = DEVELOPMENT_ISSUER, key: str | None = None) -> httpx.Response:
        body = {"issuer": issuer, "subject": subject, "reason": "left-office"}
        headers = {**self.bearer("secadmin", "sec-1"), "Idempotency-Key": key or str(new_id())}
        return await self.http.post("/intake/v1/withdrawals", json=body, headers=headers)


@pytest.fixture
async def doors(databases: Databases, tmp_path: Path) -> AsyncIterator[Doors]:
    issuer = DevelopmentIssuer(tmp_path)
    installation = Installation(
        settings=Settings(data=tmp_path, client_certificate_header="X-Client-Certificate"),
        given=databases,
        verifier=TokenVerifier(issuer.trusted()),
        signatures=SignatureVerifier({"province-01": SYSTEM}),
        key_service=FileKeyService.at(tmp_path / "kek"),
        rulebook=load_rulebook(),
        secret=secrets.token_bytes(32),
    )
    async with process(installation) as http, process(installation) as other:
        yield Doors(http, other, installation, issuer)


@asynccontextmanager
async def process(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    app = application(installation, ["intake", "archive"], [])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        yield http


def signed(
    method: str, url: str, body: bytes = b"", *, at: datetime | None = None, nonce: str | None = None, **changes: str
) -> dict[str, str]:
    """Return the headers of a signed request; `changes` are made after it was signed."""
    path, _, query = url.partition("?")
    timestamp = str(int((at or utc_now()).timestamp() * 1000))
    nonce = nonce or secrets.token_urlsafe(16)
    signature = b64encode(sign(SECRET, canonical_string(method, path, query, body, timestamp, nonce))).decode()
    headers = {"X-App-Id": "province-01", "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": signature}
    return {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}


def code(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")
