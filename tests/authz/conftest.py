"""An issuer, a verifier that trusts it, and a clock that stands still."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.authz.tokens import TokenVerifier, TrustedIssuer
from tests.authz.doors import doors

__all__ = ["doors"]

ISSUER = "https://issuer.example"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "rongcuo",
    "sub": "o-17",
    "exp": int(NOW.timestamp()) + 600,
    "nbf": int(NOW.timestamp()),
    "iat": int(NOW.timestamp()),
    "roles": ["trial_office"],
    "jurisdictions": ["331123"],
    "organisation": "unit-3",
}
Make = Callable[..., str]


@pytest.fixture(scope="session")
def key() -> ECKey:
    key = ECKey.generate_key("P-256")
    key.ensure_kid()
    return key


@pytest.fixture(scope="session")
def issuer(key: ECKey) -> TrustedIssuer:
    return TrustedIssuer(KeySet.import_key_set(KeySet([key]).as_dict()), frozenset({"ES256"}))


@pytest.fixture
def verifier(issuer: TrustedIssuer) -> TokenVerifier:
    return TokenVerifier({ISSUER: issuer}, lambda: NOW)


@pytest.fixture(scope="session")
def make(key: ECKey) -> Make:
    """Return a maker of signed tokens; keyword arguments change claims, `None` takes one away."""

    def make(**changes: Any) -> str:
        claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key)

    return make


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="session")
def verifier_for_life(issuer: TrustedIssuer) -> TokenVerifier:
    return TokenVerifier({ISSUER: issuer}, lambda: NOW)
