"""Credentials at the doors of the real services: signatures and client certificates."""

import asyncio
import secrets
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from joserfc import jwt

from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.nonces import purge_nonces
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.settings import Settings
from tests.authz.doors import PACKS, Doors, code, process, signed


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


@pytest.mark.parametrize("name", ["X-App-Id", "X-Timestamp", "X-Nonce", "X-Signature"])
async def test_a_header_that_comes_twice_counts_for_nothing(doors: Doors, name: str) -> None:
    other = signed("GET", PACKS)[name]
    for place in (0, 4):
        for again in (None, other):
            headers = signed("GET", PACKS)
            members = list(headers.items())
            members.insert(place, (name, again or headers[name]))
            assert code(await doors.http.get(PACKS, headers=members)) == (401, "signature-invalid"), members
    assert (await doors.http.get(PACKS, headers=signed("GET", PACKS))).status_code == 200


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


async def test_attacks_with_tokens_are_unauthorised_over_http(doors: Doors) -> None:
    good = doors.bearer("archivist")["Authorization"]
    header, payload, signature = good.removeprefix("Bearer ").split(".")
    unsigned = urlsafe_b64encode(b'{"alg":"none","kid":"a","typ":"at+jwt"}').rstrip(b"=").decode()
    for token in (
        f"{unsigned}.{payload}.",
        f"{unsigned}.{payload}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature}{'A' * 1024 * 1024}",
        "A" * 1024 * 1024,
    ):
        answer = await doors.http.get(PACKS, headers={"Authorization": f"Bearer {token}"})
        assert code(answer) == (401, "token-invalid")
    assert (await doors.http.get(PACKS, headers={"Authorization": good})).status_code == 200


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
