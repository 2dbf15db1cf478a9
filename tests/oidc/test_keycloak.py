"""Login, a system's own token, and the change of keys, against a real Keycloak and the real services."""

import json
from base64 import urlsafe_b64decode
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc.jwk import ECKey

from shared.authz.tokens import InvalidToken
from tests.oidc.conftest import PARTY, PASSWORD, Provider, Trusting
from tests.oidc.signing_in import ask, assertion, sign_in, system_token

DRAFTS = "/intake/v1/drafts"
RULE_PACKS = "/intake/v1/rule-packs"


def part(token: str, number: int) -> Any:
    text = token.split(".")[number]
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


async def test_a_person_signs_in_and_is_known(provider: Provider, trusting: Trusting) -> None:
    token = sign_in(provider.realm, "officer-17", PASSWORD)["access_token"]
    header, claims = part(token, 0), part(token, 1)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    caller = trusting.verifier.verify(token)
    assert (caller.issuer, caller.subject) == (provider.realm, claims["sub"])
    assert caller.roles == {"handling_office"}
    assert caller.organisation == "unit-3"
    assert set(caller.jurisdictions) == {"331123", "331100*"}
    assert caller.party == UUID(PARTY)
    assert "officer-17" not in json.dumps(claims)
    assert (await trusting.get(RULE_PACKS, token)).status_code == 200
    assert (await trusting.get("/archive/v1/sequence", token)).status_code == 403


async def test_only_an_access_token_admits(provider: Provider, trusting: Trusting) -> None:
    answer = sign_in(provider.realm, "officer-17", PASSWORD)
    for name in ("refresh_token", "id_token"):
        refused = await trusting.get(RULE_PACKS, answer[name])
        assert (refused.status_code, refused.json()["code"]) == (401, "token-invalid"), name
    with provider.keycloak.administrator() as administrator:
        foreign = administrator.headers["authorization"].removeprefix("Bearer ")
    assert (await trusting.get(RULE_PACKS, foreign)).status_code == 401


def test_nobody_signs_in_without_pkce(provider: Provider) -> None:
    with httpx.Client() as browser:
        for challenge in ({}, {"code_challenge": "c" * 43, "code_challenge_method": "plain"}):
            refused = ask(browser, provider.realm, **challenge)
            assert "error=invalid_request" in refused.headers["location"]


async def test_a_system_proves_itself_with_its_key(provider: Provider, trusting: Trusting) -> None:
    answer = system_token(provider.realm, assertion(provider.realm, provider.key))
    token = answer.json()["access_token"]
    caller = trusting.verifier.verify(token)
    assert caller.roles == {"inspection_team"}
    assert (caller.organisation, caller.jurisdictions) == ("unit-9", ("331123",))
    assert (await trusting.get(DRAFTS, token)).status_code == 200


def test_a_system_is_refused_with_any_other_proof(provider: Provider) -> None:
    stranger = ECKey.generate_key("P-256", parameters={"kid": str(provider.key.kid)})
    once = assertion(provider.realm, provider.key)
    assert system_token(provider.realm, once).status_code == 200
    for proof in (
        once,
        assertion(provider.realm, stranger),
        assertion(provider.realm, provider.key, aud="https://elsewhere.example"),
        assertion(provider.realm, provider.key, exp=1_700_000_000),
    ):
        refused = system_token(provider.realm, proof)
        assert (refused.status_code, refused.json()["error"]) in {(400, "invalid_client"), (401, "invalid_client")}


async def test_new_keys_hold_at_once_and_withdrawn_ones_no_longer(provider: Provider, trusting: Trusting) -> None:
    before = sign_in(provider.realm, "officer-17", PASSWORD)["access_token"]
    assert (await trusting.get(RULE_PACKS, before)).status_code == 200
    with provider.keycloak.administrator() as administrator:
        kinds = {"type": "org.keycloak.keys.KeyProvider"}
        (old,) = [
            each for each in administrator.get("/rongcuo/components", params=kinds).json() if each["name"] == "es256"
        ]
        new = {**old, "name": "es256-next", "config": {"priority": ["200"], "ecdsaEllipticCurveKey": ["P-256"]}}
        del new["id"]
        administrator.post("/rongcuo/components", json=new).raise_for_status()
        after = sign_in(provider.realm, "officer-17", PASSWORD)["access_token"]
        assert part(after, 0)["kid"] != part(before, 0)["kid"]
        administrator.delete(f"/rongcuo/components/{old['id']}").raise_for_status()
    assert (await trusting.get(RULE_PACKS, after)).status_code == 200
    with pytest.raises(InvalidToken, match="token-invalid"):
        trusting.verifier.verify(before)
