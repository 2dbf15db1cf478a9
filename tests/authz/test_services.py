"""Credentials at the doors of the real services: signatures, certificates, and access that is withdrawn."""

import asyncio
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from joserfc import jwt

from rongcuo.platform import application
from services.intake.adapters.withdrawals import enforce_all
from services.intake.worker import worker
from shared.authz.caller import Caller
from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.nonces import purge_nonces
from shared.authz.signed_requests import SYSTEMS, SignatureVerifier, System, canonical_string, sign
from shared.authz.standing import Standing
from shared.authz.tokens import TokenVerifier
from shared.database.databases import KEYRING, Databases
from shared.database.pool import open_pool
from shared.eventstore.engine import open_engine
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
SYSTEM = System(Caller(SYSTEMS, "province-01", ROLES, "unit-9", ("331123",), None), frozenset({"intake"}), (SECRET,))


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


async def test_a_signed_request_is_admitted_once_in_all_processes(doors: Doors) -> None:
    url = "/intake/v1/drafts?limit=5"
    headers = signed("GET", url)
    assert (await doors.http.get(url, headers=headers)).status_code == 200
    for client in (doors.http, doors.other):
        assert code(await client.get(url, headers=headers)) == (401, "nonce-replayed")
    async with process(doors.installation) as restarted:
        assert code(await restarted.get(url, headers=headers)) == (401, "nonce-replayed")


async def test_of_a_hundred_equal_requests_one_is_admitted(doors: Doors) -> None:
    headers = signed("GET", PACKS)
    clients = [doors.http, doors.other] * 50
    answers = await asyncio.gather(*(client.get(PACKS, headers=headers) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 99]


async def test_a_signed_command_is_the_systems(doors: Doors) -> None:
    party = str(new_id())
    body = f'{{"party_id":"{party}","kind":"unit","jurisdiction":"331123","name":"某单位"}}'.encode()
    more = {"Content-Type": "application/json", "Idempotency-Key": str(new_id())}
    made = await doors.http.post(
        "/intake/v1/parties", content=body, headers=signed("POST", "/intake/v1/parties", body) | more
    )
    assert made.status_code == 201, made.text
    again = await doors.http.post(
        "/intake/v1/parties", content=body, headers=signed("POST", "/intake/v1/parties", body) | more
    )
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    altered = body.replace(b"unit", b"person")
    headers = signed("POST", "/intake/v1/parties", body) | more
    assert code(await doors.http.post("/intake/v1/parties", content=altered, headers=headers)) == (
        401,
        "signature-invalid",
    )


def wrongly_signed() -> list[tuple[dict[str, str], str]]:
    """Return headers that are not those of a request for the rule packs, and what they are called."""
    return [
        (signed("GET", PACKS, X_App_Id="province-02"), "signature-invalid"),
        (signed("GET", PACKS, X_App_Id=""), "signature-invalid"),
        (signed("GET", PACKS, X_Signature="A" * 43 + "="), "signature-invalid"),
        (signed("GET", PACKS, X_Signature=""), "signature-invalid"),
        (signed("GET", PACKS, X_Nonce="n" * 16), "signature-invalid"),
        (signed("GET", PACKS, nonce="short"), "signature-invalid"),
        (signed("GET", PACKS, nonce="n" * 65), "signature-invalid"),
        (signed("GET", PACKS, X_Timestamp="1767229200001"), "timestamp-stale"),
        (signed("GET", PACKS, X_Timestamp="now"), "signature-invalid"),
        (signed("GET", PACKS, X_Timestamp="9" * 40), "signature-invalid"),
        (signed("POST", PACKS), "signature-invalid"),
        (signed("GET", PACKS + "?limit=1"), "signature-invalid"),
        (signed("GET", "/intake/v1/parties"), "signature-invalid"),
        (signed("GET", PACKS, b"{}"), "signature-invalid"),
        (signed("GET", PACKS, at=utc_now() - timedelta(minutes=5, seconds=5)), "timestamp-stale"),
        (signed("GET", PACKS, at=utc_now() + timedelta(minutes=5, seconds=5)), "timestamp-stale"),
    ]


async def test_a_signature_over_anything_else_is_refused(doors: Doors) -> None:
    for headers, expected in wrongly_signed():
        answer = await doors.http.get(PACKS, headers=headers)
        assert code(answer) == (401, expected), headers
        assert answer.headers["WWW-Authenticate"] == 'HMAC-SM3 realm="rongcuo"'


async def test_a_signature_may_be_almost_five_minutes_off(doors: Doors) -> None:
    for seconds in (-295, 295):
        headers = signed("GET", PACKS, at=utc_now() + timedelta(seconds=seconds))
        assert (await doors.http.get(PACKS, headers=headers)).status_code == 200


async def test_a_system_uses_the_services_that_it_is_listed_for(doors: Doors) -> None:
    path = "/archive/v1/event-types"
    assert code(await doors.http.get(path, headers=signed("GET", path))) == (403, "role-not-permitted")


async def test_a_body_too_large_is_not_read_to_its_end(doors: Doors) -> None:
    body = b" " * (1024 * 1024 + 1)
    headers = signed("POST", "/intake/v1/parties", body)
    assert code(await doors.http.post("/intake/v1/parties", content=body, headers=headers)) == (413, "body-too-large")


async def test_nonces_are_kept_as_long_as_they_count_and_an_hour_more(doors: Doors) -> None:
    await doors.http.get(PACKS, headers=signed("GET", PACKS, at=utc_now() - timedelta(minutes=4)))
    connection = await asyncpg.connect(doors.installation.dsn("intake"))
    try:
        assert await purge_nonces(connection) == 0
        assert await purge_nonces(connection, timedelta(0)) == 0
        await connection.execute("UPDATE app.nonces SET until = until - interval '2 hours'")
        assert await purge_nonces(connection) == 1
    finally:
        await connection.close()


async def test_a_token_bound_to_a_certificate_needs_that_certificate(doors: Doors, tmp_path: Path) -> None:
    digest = secrets.token_bytes(32)
    thumbprint = urlsafe_b64encode(digest).rstrip(b"=").decode()
    headers = {"Authorization": f"Bearer {bound(doors.issuer, {'x5t#S256': thumbprint})}"}
    for shown in (digest.hex(), digest.hex(":").upper(), thumbprint):
        answer = await doors.http.get(PACKS, headers={**headers, "X-Client-Certificate": shown})
        assert answer.status_code == 200
    wrong: list[Any] = [{}, {"X-Client-Certificate": ""}, {"X-Client-Certificate": secrets.token_hex(32)}]
    for more in wrong:
        assert code(await doors.http.get(PACKS, headers={**headers, **more})) == (401, "token-invalid")
    twice = [*headers.items(), ("X-Client-Certificate", digest.hex()), ("X-Client-Certificate", digest.hex())]
    assert code(await doors.http.get(PACKS, headers=twice)) == (401, "token-invalid")
    unproven = {"Authorization": f"Bearer {bound(doors.issuer, {'jkt': thumbprint})}"}
    assert code(await doors.http.get(PACKS, headers=unproven)) == (401, "token-invalid")
    nobody_believed = replace(doors.installation, settings=Settings(data=tmp_path))
    async with process(nobody_believed) as http:
        told = {**headers, "X-Client-Certificate": digest.hex()}
        assert code(await http.get(PACKS, headers=told)) == (401, "token-invalid")


def bound(issuer: DevelopmentIssuer, confirmation: dict[str, str]) -> str:
    """Return a token of the development issuer with a `cnf` claim."""
    now = int(utc_now().timestamp())
    claims = {"iss": DEVELOPMENT_ISSUER, "aud": "rongcuo", "sub": "s", "roles": ["archivist"], "exp": now + 60}
    header = {"alg": "ES256", "kid": issuer._key.kid, "typ": "at+jwt"}
    return jwt.encode(header, claims | {"cnf": confirmation}, issuer._key, algorithms=["ES256"])


async def test_access_is_withdrawn_from_the_next_request_on_everywhere(doors: Doors) -> None:
    headers = doors.bearer("archivist", "leaver")
    paths = [f"/{service}/v1/event-types" for service in ("intake", "archive")]
    for path in paths:
        assert (await doors.other.get(path, headers=headers)).status_code == 200
    withdrawn = await doors.withdraw("leaver")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (201, "withdrawn")
    for path in paths:
        for client in (doors.http, doors.other):
            assert code(await client.get(path, headers=headers)) == (403, "access-withdrawn")
    assert (await doors.other.get(PACKS, headers=doors.bearer("archivist", "stayer"))).status_code == 200
    etag = {"If-Match": withdrawn.headers["ETag"], "Idempotency-Key": str(new_id())}
    end = await doors.http.post(
        f"{withdrawn.headers['Location']}/end", headers=doors.bearer("secadmin", "sec-1") | etag
    )
    assert (end.status_code, end.json()["state"]) == (200, "ended")
    for path in paths:
        assert (await doors.other.get(path, headers=headers)).status_code == 200


async def test_each_withdrawal_of_a_person_ends_by_itself(doors: Doors) -> None:
    first, second = await doors.withdraw("leaver"), await doors.withdraw("leaver")
    secadmin, headers = doors.bearer("secadmin", "sec-1"), doors.bearer("archivist", "leaver")
    for withdrawn, expected in ((first, 403), (second, 200)):
        more = {"If-Match": withdrawn.headers["ETag"], "Idempotency-Key": str(new_id())}
        await doors.http.post(f"{withdrawn.headers['Location']}/end", headers=secadmin | more)
        assert (await doors.other.get(PACKS, headers=headers)).status_code == expected


async def test_a_systems_access_can_be_withdrawn_too(doors: Doors) -> None:
    await doors.withdraw("province-01", SYSTEMS)
    assert code(await doors.other.get(PACKS, headers=signed("GET", PACKS))) == (403, "access-withdrawn")


async def test_only_the_security_administrator_withdraws_access(doors: Doors) -> None:
    body = {"issuer": DEVELOPMENT_ISSUER, "subject": "leaver", "reason": "left-office"}
    for role in ("sysadmin", "auditor", "dic_head", "handling_office"):
        headers = {**doors.bearer(role), "Idempotency-Key": str(new_id())}
        answer = await doors.http.post("/intake/v1/withdrawals", json=body, headers=headers)
        assert code(answer) == (403, "role-not-permitted")
    secadmin = {**doors.bearer("secadmin"), "Idempotency-Key": str(new_id())}
    wrong = await doors.http.post("/intake/v1/withdrawals", json=body | {"reason": "调离某单位"}, headers=secadmin)
    assert wrong.status_code == 422
    dry = await doors.http.post("/intake/v1/withdrawals?dry_run=true", json=body, headers=secadmin)
    assert dry.status_code == 200
    assert (await doors.other.get(PACKS, headers=doors.bearer("archivist", "leaver"))).status_code == 200


async def test_a_withdrawal_that_was_written_and_not_enforced_is_made_good(doors: Doors) -> None:
    key = str(new_id())
    withdrawn = await doors.withdraw("leaver", key=key)
    withdrawal = UUID(withdrawn.headers["Location"].rpartition("/")[2])
    headers = doors.bearer("archivist", "leaver")
    await forget(doors.installation)
    assert (await doors.other.get(PACKS, headers=headers)).status_code == 200
    assert (await doors.withdraw("leaver", key=key)).headers["Idempotent-Replayed"] == "true"
    assert (await doors.other.get(PACKS, headers=headers)).status_code == 403
    await forget(doors.installation)
    stop = asyncio.Event()
    async with worker(doors.installation) as running, asyncio.timeout(30):
        working = asyncio.create_task(running.run(stop))
        while (await doors.other.get(PACKS, headers=headers)).status_code != 403:
            await asyncio.sleep(0.05)
        stop.set()
        await working
    engine = open_engine(doors.installation.dsn("intake"))
    async with open_pool(doors.installation.dsn(KEYRING), 1) as pool:
        standing = Standing(pool)
        await standing.end(withdrawal, DEVELOPMENT_ISSUER, "leaver")
        assert await enforce_all(engine, standing) == 1
    await engine.dispose()
    assert (await doors.other.get(PACKS, headers=headers)).status_code == 200, "what has ended does not begin again"


async def forget(installation: Installation) -> None:
    """Make the table what it is after a crash before its row, or after a restore of an older backup."""
    admin = await asyncpg.connect(installation.databases.admin(KEYRING))
    await admin.execute("DELETE FROM access.withdrawn")
    await admin.close()


async def test_nobody_is_admitted_when_nobody_can_say_whether_he_may(doors: Doors) -> None:
    admin = await asyncpg.connect(doors.installation.databases.admin(KEYRING))
    try:
        await admin.execute("ALTER TABLE access.withdrawn RENAME TO gone")
        answer = await doors.http.get(PACKS, headers=doors.bearer("archivist"))
        assert answer.status_code in {500, 503}
        await admin.execute("ALTER TABLE access.gone RENAME TO withdrawn")
        assert (await doors.http.get(PACKS, headers=doors.bearer("archivist"))).status_code == 200
    finally:
        await admin.close()
