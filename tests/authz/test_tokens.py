"""A token of a trusted issuer becomes a caller; anything else becomes InvalidToken and nothing more."""

import time
from hmac import digest
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey

from shared.authz.caller import Caller
from shared.authz.tokens import InvalidToken, TokenVerifier, TrustedIssuer
from tests.authz.conftest import CLAIMS, ISSUER, NOW, Make
from tests.authz.signing import b64, refusal, signed

PARTY = UUID("0190b6f0-0000-7000-8000-000000000001")
SECONDS = int(NOW.timestamp())


def test_a_good_token_becomes_its_caller(verifier: TokenVerifier, make: Make) -> None:
    assert verifier.verify(make(party=str(PARTY))) == Caller(
        ISSUER, "o-17", frozenset({"trial_office"}), "unit-3", ("331123",), PARTY
    )
    assert verifier.verify(make(aud=["other", "rongcuo"], nbf=None, iat=None, organisation=None, party=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": []},
        {"aud": None},
        {"aud": {"rongcuo": 1}},
        {"iss": "https://issuer.example/"},
        {"iss": None},
        {"iss": ["https://issuer.example"]},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\r\nb"},
        {"sub": "a\u202eb"},
        {"sub": "a\u2028b"},
        {"sub": "a\x85b"},
        {"sub": " a"},
        {"sub": 17},
        {"sub": "s" * 129},
        {"exp": None},
        {"exp": "1800000000"},
        {"exp": True},
        {"exp": 1e400},
        {"nbf": SECONDS + 61},
        {"iat": SECONDS + 61},
        {"iat": "now"},
        {"roles": None},
        {"roles": "trial_office"},
        {"roles": [["trial_office"]]},
        {"jurisdictions": ["33112"]},
        {"jurisdictions": ["3311*"]},
        {"jurisdictions": ["*"]},
        {"jurisdictions": ["331100**"]},
        {"jurisdictions": ["331123\n"]},
        {"jurisdictions": ["３３１１２３"]},
        {"jurisdictions": ["331123"] * 65},
        {"organisation": "a\x1b[31m"},
        {"party": "nobody"},
    ],
    ids=str,
)
def test_a_claim_of_another_kind_is_refused(verifier: TokenVerifier, make: Make, changes: dict[str, Any]) -> None:
    assert refusal(verifier, make(**changes)) == "token-invalid"


def test_clocks_may_differ_by_a_minute_when_a_token_begins(verifier: TokenVerifier, make: Make) -> None:
    assert verifier.verify(make(nbf=SECONDS + 60, iat=SECONDS + 60))


@pytest.mark.parametrize("ago", [0, 1, 10**9, 10**30])
def test_an_expired_token_is_told_apart(verifier: TokenVerifier, make: Make, ago: int) -> None:
    assert refusal(verifier, make(exp=SECONDS - ago)) == "token-expired"


def test_an_expired_token_with_a_bad_signature_is_only_invalid(verifier: TokenVerifier, make: Make) -> None:
    header, _, signature = make().split(".")
    assert refusal(verifier, f"{header}.{b64({**CLAIMS, 'exp': SECONDS - 1})}.{signature}") == "token-invalid"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "AT+JWT"},
        {"typ": "application/jwt"},
        {"typ": None},
        {"typ": []},
        {"kid": None},
        {"kid": "unknown"},
        {"kid": ["a"]},
        {"alg": None},
        {"alg": "none"},
        {"alg": "ES384"},
        {"alg": "HS256"},
        {"alg": ["ES256"]},
        {"jwk": ECKey.generate_key("P-256").as_dict(private=False)},
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/certificate"},
        {"x5c": ["MIIB"]},
        {"crit": []},
        {"crit": ["typ"]},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"zip": "DEF"},
        {"kid": "k" * 5000},
    ],
    ids=lambda header: str(header)[:40],
)
def test_a_header_of_another_kind_is_refused_though_the_signature_holds(
    verifier: TokenVerifier, key: ECKey, header: dict[str, Any]
) -> None:
    whole = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt", **header}
    token = signed({name: value for name, value in whole.items() if value is not None}, key)
    assert refusal(verifier, token) == "token-invalid"


@pytest.mark.parametrize(
    "header", [[], ["alg"], "alg", 7, None, b"{", b"\xff\xfe", b"[" * 300, b'{"alg":NaN}'], ids=repr
)
def test_a_header_that_is_no_object_is_refused(verifier: TokenVerifier, key: ECKey, header: object) -> None:
    assert refusal(verifier, signed(header, key)) == "token-invalid"


@pytest.mark.parametrize("payload", [[], "iss", None, b"", b"{", b"\xff", b"[" * 9000, b'{"iss":' * 1500], ids=str)
def test_a_payload_that_is_no_object_is_refused(verifier: TokenVerifier, key: ECKey, payload: object) -> None:
    header = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}
    assert refusal(verifier, signed(header, key, payload)) == "token-invalid"


def test_a_token_without_signature_is_refused(verifier: TokenVerifier, key: ECKey) -> None:
    for algorithm in ("none", "None", "NONE", "ES256"):
        header = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"}
        for signature in ("", "AA"):
            assert refusal(verifier, f"{b64(header)}.{b64(CLAIMS)}.{signature}") == "token-invalid"


def test_both_spellings_of_the_type_are_taken(verifier: TokenVerifier, key: ECKey) -> None:
    for typ in ("at+jwt", "application/at+jwt"):
        assert verifier.verify(signed({"alg": "ES256", "kid": key.kid, "typ": typ}, key))


def test_a_megabyte_is_refused_at_a_glance(verifier: TokenVerifier, key: ECKey, make: Make) -> None:
    token = signed({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, key, {**CLAIMS, "more": "x" * 10**6})
    begun = time.perf_counter()
    assert refusal(verifier, token) == "token-invalid"
    assert refusal(verifier, "." * 10**6) == "token-invalid"
    assert time.perf_counter() - begun < 0.5
    assert refusal(verifier, make(more="x" * 16 * 1024)) == "token-invalid"
    assert verifier.verify(make(more="x" * 8 * 1024))


def test_a_flood_of_unknown_key_ids_costs_little_and_leaves_nothing(
    verifier: TokenVerifier, issuer: TrustedIssuer, key: ECKey, make: Make
) -> None:
    _, payload, signature = make().split(".")
    tokens = [
        f"{b64({'alg': 'ES256', 'kid': f'k{number}', 'typ': 'at+jwt'})}.{payload}.{signature}" for number in range(1000)
    ]
    begun = time.perf_counter()
    for token in tokens:
        with pytest.raises(InvalidToken):
            verifier.verify(token)
    assert time.perf_counter() - begun < 1
    assert [known.kid for known in issuer.keys] == [key.kid]
    assert verifier.verify(make())


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", "令.牌.的", "\ud800.a.b"]
)
def test_segments_in_disorder_are_refused(verifier: TokenVerifier, token: str) -> None:
    assert refusal(verifier, token) == "token-invalid"


@settings(max_examples=300)
@given(data=st.data())
def test_no_damage_to_a_token_raises_anything_else(
    verifier_for_life: TokenVerifier, make: Make, data: st.DataObject
) -> None:
    token = make()
    start = data.draw(st.integers(0, len(token) - 1))
    end = data.draw(st.integers(start, len(token)))
    damaged = token[:start] + data.draw(st.text(max_size=20)) + token[end:]
    if damaged != token:
        with pytest.raises(InvalidToken):
            verifier_for_life.verify(damaged)


@settings(max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "iss", "aud"]) | st.text(), inner)
        ),
    )
)
def test_no_json_in_a_segment_raises_anything_else(verifier_for_life: TokenVerifier, key: ECKey, value: object) -> None:
    header = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}
    for token in (signed(value, key), signed(header, key, value)):
        with pytest.raises(InvalidToken):
            verifier_for_life.verify(token)


def test_what_tells_nobody_apart_cannot_be_trusted() -> None:
    with pytest.raises(ValueError, match="public keys"):
        TrustedIssuer(KeySet([OctKey.generate_key(256)]), frozenset({"ES256"}))
    for algorithms in (frozenset[str](), frozenset({"HS256"}), frozenset({"none"}), frozenset({"ES256", "HS512"})):
        with pytest.raises(ValueError, match="algorithms"):
            TrustedIssuer(KeySet([ECKey.generate_key("P-256")]), algorithms)


def test_callers_of_a_foreign_issuer_are_known_by_a_pseudonym(issuer: TrustedIssuer, make: Make) -> None:
    foreign = TrustedIssuer(issuer.keys, issuer.algorithms, pseudonym_key=b"p" * 32)
    verifier = TokenVerifier({ISSUER: foreign}, lambda: NOW)
    caller = verifier.verify(make(sub="wang.moumou@example"))
    assert caller.subject == digest(b"p" * 32, f"{ISSUER}\0wang.moumou@example".encode(), "sha256").hex()[:32]
    assert caller == verifier.verify(make(sub="wang.moumou@example"))
    assert caller != verifier.verify(make(sub="li.moumou@example"))
    assert "wang" not in repr(caller) + repr(caller.actor())
    assert "pppp" not in repr(foreign)


@pytest.mark.parametrize("sub", ["system:province-01", "System:x", "system:"])
def test_no_person_is_called_like_a_system(issuer: TrustedIssuer, make: Make, sub: str) -> None:
    assert refusal(TokenVerifier({ISSUER: issuer}, lambda: NOW), make(sub=sub)) == "token-invalid"
    keyed = TrustedIssuer(issuer.keys, issuer.algorithms, pseudonym_key=b"p" * 32)
    assert len(TokenVerifier({ISSUER: keyed}, lambda: NOW).verify(make(sub=sub)).subject) == 32
