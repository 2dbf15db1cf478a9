"""The file of trusted issuers: what it may say, and in one line what it may not."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from shared.authz.configuration import ConfigurationRefused
from shared.authz.issuers import load_issuers
from shared.authz.tokens import InvalidToken, TokenVerifier
from tests.authz.conftest import CLAIMS, ISSUER, NOW, Make

GOOD: dict[str, Any] = {"issuer": ISSUER, "algorithms": ["ES256"], "keys_file": "keys.json"}


@pytest.fixture
def place(tmp_path: Path, key: ECKey) -> Path:
    (tmp_path / "keys.json").write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    (tmp_path / "pseudonyms").write_text("0f" * 32 + "\n")
    return tmp_path


def written(place: Path, *issuers: dict[str, Any]) -> Path:
    file = place / "issuers.yaml"
    file.write_text(yaml.safe_dump({"issuers": list(issuers)}, allow_unicode=True))
    return file


def token(key: ECKey, typ: str = "at+jwt", **changes: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": typ}, CLAIMS | changes, key)


def test_claims_are_found_where_the_issuer_keeps_them(place: Path, key: ECKey) -> None:
    mapping = {
        "subject": "staff_no",
        "roles": "realm_access.roles",
        "role_prefix": "rongcuo:",
        "role_names": {"承办室": "handling_office"},
        "jurisdictions": ["https://issuer.example/area"],
        "organisation": "unit.id",
        "party": "unit.party",
    }
    more = {"claims": mapping, "pseudonym_key_file": "pseudonyms", "audiences": ["a", "b"], "types": ["JWT"]}
    verifier = TokenVerifier(load_issuers(written(place, GOOD | more)), lambda: NOW)
    claims: dict[str, Any] = {
        "aud": ["b"],
        "staff_no": "3311-0042",
        "realm_access": {"roles": ["rongcuo:archivist", "承办室", "archivist", "rongcuo:superuser", "offline_access"]},
        "https://issuer.example/area": ["331123*"],
        "unit": {"id": "unit-3", "party": "0190b6f0-0000-7000-8000-000000000001"},
    }
    caller = verifier.verify(token(key, "JWT", **claims))
    assert caller.roles == {"archivist", "handling_office"}
    assert (caller.organisation, caller.jurisdictions) == ("unit-3", ("331123*",))
    assert str(caller.party) == claims["unit"]["party"]
    assert "0042" not in caller.subject
    assert len(caller.subject) == 32
    wrong: list[dict[str, Any]] = [{"aud": "rongcuo"}, {"staff_no": None}, {"realm_access": []}, {"realm_access": {}}]
    for changes in wrong:
        with pytest.raises(InvalidToken, match="token-invalid"):
            verifier.verify(token(key, "JWT", **{**claims, **changes}))
    with pytest.raises(InvalidToken, match="token-invalid"):
        verifier.verify(token(key, **claims))


def test_roles_that_mean_nothing_here_give_nothing(verifier: TokenVerifier, make: Make) -> None:
    assert verifier.verify(make(roles=["trial_office", "superuser", "Archivist"])).roles == {"trial_office"}
    assert verifier.verify(make(roles=["superuser"])).roles == frozenset()


def test_a_jurisdiction_is_one_place_or_all_below_it(verifier: TokenVerifier, make: Make) -> None:
    caller = verifier.verify(make(jurisdictions=["331123", "331100*", "000000*"]))
    assert caller.jurisdictions == ("331123", "331100*", "000000*")


def test_an_issuers_clock_may_be_held_to_less_than_a_minute(place: Path, key: ECKey) -> None:
    verifier = TokenVerifier(load_issuers(written(place, GOOD | {"skew_s": 5})), lambda: NOW)
    assert verifier.verify(token(key, nbf=CLAIMS["nbf"] + 5))
    with pytest.raises(InvalidToken, match="token-invalid"):
        verifier.verify(token(key, nbf=CLAIMS["nbf"] + 6))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"algorithms": ["HS256"]}, "issuers/0/algorithms/0: must be one of ES256"),
        ({"algorithms": ["none"]}, "issuers/0/algorithms/0: must be one of ES256"),
        ({"algorithms": []}, "issuers/0/algorithms: "),
        ({"issuer": "urn:rongcuo:development"}, "issuers/0/issuer: names beginning with urn:rongcuo: are ours"),
        ({"issuer": ""}, "issuers/0/issuer: "),
        ({"skew_s": 61}, "issuers/0/skew_s: "),
        ({"skew_s": "60"}, "issuers/0/skew_s: "),
        ({"audience": "rongcuo"}, "issuers/0/audience: Extra inputs"),
        ({"claims": {"role_names": {"室": "superuser"}}}, "issuers/0/claims/role_names/室: "),
        ({"claims": {"roles": ""}}, "issuers/0/claims/roles/0: "),
        ({"keys_file": None}, "issuers/0: either jwks_uri or keys_file is needed"),
        ({"jwks_uri": "https://issuer.example/keys"}, "issuers/0: either jwks_uri or keys_file is needed"),
        ({"ca_file": "ca.crt"}, "issuers/0: ca_file has no meaning without jwks_uri"),
        ({"keys_file": "missing.json"}, "No such file"),
        ({"pseudonym_key_file": "keys.json"}, "keys.json: must hold 64 hexadecimal digits (32 bytes)"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_in_one_line(place: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        load_issuers(written(place, GOOD | changes))
    assert reason in str(refused.value)
    assert str(refused.value).startswith(str(place / "issuers.yaml"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "http://issuer.example/keys",
        "http://localhost/keys",
        "http://10.0.0.1/keys",
        "https://user:secret@issuer.example/keys",
        "https://issuer.example/keys#a",
        "ftp://127.0.0.1/keys",
        "https:///keys",
        "keys",
    ],
)
def test_keys_come_over_https_or_from_this_machine(place: Path, uri: str) -> None:
    with pytest.raises(ConfigurationRefused, match="must be an https address"):
        load_issuers(written(place, {"issuer": ISSUER, "algorithms": ["ES256"], "jwks_uri": uri}))
    for good in ("https://issuer.example/keys", "http://127.0.0.1:8080/keys", "http://[::1]/keys"):
        assert load_issuers(written(place, {"issuer": ISSUER, "algorithms": ["ES256"], "jwks_uri": good}))


def test_a_file_that_is_no_list_of_issuers_is_refused(place: Path) -> None:
    file = place / "issuers.yaml"
    with pytest.raises(ConfigurationRefused, match="No such file"):
        load_issuers(file)
    for text in ("", "issuers: [", "- issuer", "issuers: {a: 2026-03-02}", "issuers: *a", "a: 1\na: 2"):
        file.write_text(text)
        with pytest.raises(ConfigurationRefused) as refused:
            load_issuers(file)
        assert "\n" not in str(refused.value)
    file.write_text("issuers: []")
    assert load_issuers(file) == {}
    with pytest.raises(ConfigurationRefused, match="an issuer stands twice"):
        load_issuers(written(place, GOOD, GOOD))


def test_keys_that_make_tokens_or_are_for_something_else_are_not_trusted(place: Path, key: ECKey) -> None:
    public = ECKey.generate_key("P-256").as_dict(private=False)
    wrong = [
        OctKey.generate_key(256, parameters={"kid": "a"}).as_dict(private=True),
        {**RSAKey.generate_key(2048, parameters={"kid": "b"}).as_dict(private=False), "n": "u" * 171},
        ECKey.generate_key("P-256", parameters={"kid": "c", "use": "enc"}).as_dict(private=False),
        ECKey.generate_key("P-256", parameters={"kid": "d", "alg": "ES512"}).as_dict(private=False),
        {"kty": "EC", "crv": "P-256", "kid": "e"},
        {**public, "kid": "g", "key_ops": ["encrypt"]},
        {**public, "kid": "h", "key_ops": []},
        {**public, "kid": "i", "key_ops": "verify"},
        {**public, "kid": "j", "use": "enc", "key_ops": ["verify"]},
        {"kty": "AKP", "kid": "f", "alg": "ML-DSA-44", "pub": "AAAA"},
        {name: value for name, value in public.items() if name != "kid"},
        "key",
    ]
    file = place / "keys.json"
    file.write_text(json.dumps({"keys": wrong}))
    with pytest.raises(ConfigurationRefused, match="no key for the issuer's algorithms"):
        load_issuers(written(place, GOOD))
    file.write_text(json.dumps({"keys": [*wrong, key.as_dict(private=True) | {"key_ops": ["sign", "verify"]}]}))
    keys = load_issuers(written(place, GOOD))[ISSUER].keys
    assert [(each.kid, each.is_private) for each in keys] == [(key.kid, False)]
    for text in ("", "{}", "[]", '{"keys": {}}', '{"keys": ' + json.dumps(wrong * 20) + "}"):
        file.write_text(text)
        with pytest.raises(ConfigurationRefused, match="JWK set"):
            load_issuers(written(place, GOOD))
