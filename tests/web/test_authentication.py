"""Who may call: a valid token for every route, one of its roles where they are named."""

import httpx
import pytest
from fastapi import APIRouter

from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.eventstore.store import EventStore
from shared.web.app import create_app
from shared.web.authentication import permitted
from shared.web.routes import UnguardedRoute, router
from tests.web.conftest import As
from tests.web.petitions import service

OPEN = ["/healthz", "/readyz", "/version", "/problems", "/problems/not-found", "/intake/docs", "/intake/openapi.json"]


async def test_every_route_but_the_open_ones_needs_a_token(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/intake/openapi.json")).json()["paths"]
    assert len(paths) >= 8
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["security"], path
            answer = await client.request(method, path, content=b"not JSON")
            assert (answer.status_code, answer.json()["code"]) == (401, "token-missing"), path
            assert answer.headers["www-authenticate"] == 'Bearer realm="rongcuo"'


@pytest.mark.parametrize("path", OPEN)
async def test_the_open_pages_need_none(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_a_token_that_does_not_hold_is_refused(client: httpx.AsyncClient, issuer: DevelopmentIssuer) -> None:
    good = issuer.token(roles=["auditor"], subject="a-1")
    old = issuer.token(roles=["auditor"], subject="a-1", minutes=-5)
    for authorization, code in (
        ("Basic YTpi", "token-invalid"),
        ("Bearer", "token-invalid"),
        ("Bearer ", "token-invalid"),
        ("Bearer x.y.z", "token-invalid"),
        (f"Bearer {good[:-4]}AAAA", "token-invalid"),
        (f"Bearer {good} {good}", "token-invalid"),
        (f"Bearer {old}", "token-expired"),
    ):
        answer = await client.get("/intake/v1/events", headers={"Authorization": authorization})
        assert (answer.status_code, answer.json()["code"]) == (401, code), authorization
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert good not in answer.text


async def test_two_tokens_are_no_token(client: httpx.AsyncClient, as_: As) -> None:
    twice = [*as_().items(), *as_().items()]
    assert (await client.get("/intake/v1/event-types", headers=twice)).json()["code"] == "token-invalid"


async def test_headers_that_claim_an_identity_count_for_nothing(client: httpx.AsyncClient) -> None:
    spoofed = {"X-User-ID": "o-1", "X-Forwarded-User": "o-1", "X-Roles": "auditor"}
    assert (await client.get("/intake/v1/events", headers=spoofed)).status_code == 401


async def test_another_role_is_refused(client: httpx.AsyncClient, as_: As) -> None:
    answer = await client.get("/intake/v1/events", headers=as_(roles=["sysadmin"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted")
    assert (await client.get("/intake/v1/events", headers=as_(roles=["external_auditor"]))).status_code == 200


def test_a_route_that_names_nobody_cannot_be_declared() -> None:
    with pytest.raises(UnguardedRoute):
        router("x").get("/x")(_nothing)
    with pytest.raises(UnguardedRoute, match="no policy schema knows the action _nothing"):
        router("x").get("/x", dependencies=[permitted()])(_nothing)


def test_a_router_of_another_making_is_refused_at_start_up(store: EventStore, verifier: TokenVerifier) -> None:
    plain = APIRouter()
    plain.get("/x", dependencies=[permitted("list_event_types")])(_nothing)
    with pytest.raises(UnguardedRoute):
        create_app(service(store, verifier, plain))


def test_two_operations_of_one_name_are_refused_at_start_up(store: EventStore, verifier: TokenVerifier) -> None:
    twice = router("x")
    for path in ("/x", "/y"):
        twice.get(path, dependencies=[permitted("list_event_types")])(_nothing)
    with pytest.raises(ValueError, match="_nothing"):
        create_app(service(store, verifier, twice))


async def _nothing() -> None:
    return None
