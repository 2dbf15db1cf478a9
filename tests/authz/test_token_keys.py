"""A token counts under a key of its own issuer, by an algorithm that the issuer is allowed, and under nothing else."""

import json
from hmac import digest

import pytest
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from shared.authz.tokens import ALGORITHMS, TokenVerifier, TrustedIssuer
from tests.authz.conftest import CLAIMS, ISSUER, NOW
from tests.authz.signing import b64, refusal, signed

RSA = RSAKey.generate_key(2048)


def test_a_public_key_is_no_shared_secret() -> None:
    for key, algorithm in ((RSA, "RS256"), (ECKey.generate_key("P-256"), "ES256")):
        key.ensure_kid()
        keys = KeySet.import_key_set(KeySet([key]).as_dict())
        verifier = TokenVerifier({ISSUER: TrustedIssuer(keys, frozenset({algorithm}))}, lambda: NOW)
        signing = f"{b64({'alg': 'HS256', 'kid': key.kid, 'typ': 'at+jwt'})}.{b64(CLAIMS)}"
        for secret in (key.as_pem(private=False), key.as_der(private=False), json.dumps(key.as_dict()).encode()):
            signature = digest(secret, signing.encode(), "sha256")
            assert refusal(verifier, f"{signing}.{b64(signature)}") == "token-invalid"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES384", ECKey.generate_key("P-384")),
        ("ES512", ECKey.generate_key("P-521")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
        *((f"{family}{bits}", RSA) for family in ("RS", "PS") for bits in (256, 384, 512)),
    ],
)
def test_every_allowed_algorithm_works_where_it_is_allowed(algorithm: str, key: Key) -> None:
    key.ensure_kid()
    token = signed({"alg": algorithm, "kid": key.kid, "typ": "at+jwt"}, key, by=algorithm)
    keys = KeySet.import_key_set(KeySet([key]).as_dict())
    assert TokenVerifier({ISSUER: TrustedIssuer(keys, frozenset({algorithm}))}, lambda: NOW).verify(token)
    other = TokenVerifier({ISSUER: TrustedIssuer(keys, ALGORITHMS - {algorithm})}, lambda: NOW)
    assert refusal(other, token) == "token-invalid"


def test_the_old_name_of_ed25519_is_for_no_other_curve() -> None:
    key = OKPKey.generate_key("Ed448")
    key.ensure_kid()
    trusted = TrustedIssuer(KeySet.import_key_set(KeySet([key]).as_dict()), frozenset({"EdDSA"}))
    token = signed({"alg": "EdDSA", "kid": key.kid, "typ": "at+jwt"}, key, by="EdDSA")
    assert refusal(TokenVerifier({ISSUER: trusted}, lambda: NOW), token) == "token-invalid"


def test_a_key_of_one_issuer_does_not_speak_for_another(issuer: TrustedIssuer, key: ECKey) -> None:
    other = ECKey.generate_key("P-256")
    other.ensure_kid()
    verifier = TokenVerifier(
        {ISSUER: issuer, "urn:other": TrustedIssuer(KeySet([other]), frozenset({"ES256"}))}, lambda: NOW
    )
    header = {"alg": "ES256", "kid": other.kid, "typ": "at+jwt"}
    assert verifier.verify(signed(header, other, {**CLAIMS, "iss": "urn:other"})).issuer == "urn:other"
    assert refusal(verifier, signed(header, other)) == "token-invalid"
    assert refusal(verifier, signed({**header, "kid": key.kid}, other)) == "token-invalid"
