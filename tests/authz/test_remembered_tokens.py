"""A token that comes again is not checked anew, and yet nothing counts longer than it would."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet

from shared.authz import tokens
from shared.authz.tokens import InvalidToken, TokenVerifier, TrustedIssuer
from tests.authz.conftest import ISSUER, NOW, Make


@dataclass
class Checks:
    """A clock that can be set, and how many signatures were checked."""

    now: datetime = NOW
    signatures: int = 0


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    counted, check = Checks(), jws.validate_compact

    def counting(*arguments: object, **more: object) -> bool:
        counted.signatures += 1
        return check(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tokens, "validate_compact", counting)
    return counted


@pytest.fixture
def keys(key: ECKey) -> KeySet:
    return KeySet.import_key_set(KeySet([key]).as_dict())


@pytest.fixture
def remembering(keys: KeySet, checks: Checks) -> TokenVerifier:
    return TokenVerifier({ISSUER: TrustedIssuer(keys, frozenset({"ES256"}))}, lambda: checks.now)


def test_a_signature_is_checked_once(remembering: TokenVerifier, checks: Checks, make: Make) -> None:
    first, other = make(), make(sub="o-18")
    assert remembering.verify(first) == remembering.verify(first)
    assert remembering.verify(other).subject == "o-18"
    assert remembering.verify(first).subject == "o-17"
    assert checks.signatures == 2


def test_a_remembered_token_expires(remembering: TokenVerifier, checks: Checks, make: Make) -> None:
    token = make()
    remembering.verify(token)
    checks.now = NOW + timedelta(seconds=600)
    for _ in range(2):
        with pytest.raises(InvalidToken, match="token-expired"):
            remembering.verify(token)


def test_a_remembered_token_does_not_begin_earlier(remembering: TokenVerifier, checks: Checks, make: Make) -> None:
    token = make()
    remembering.verify(token)
    checks.now = NOW - timedelta(seconds=61)
    with pytest.raises(InvalidToken, match="token-invalid"):
        remembering.verify(token)


def test_a_key_that_is_withdrawn_counts_for_nothing_at_once(
    remembering: TokenVerifier, keys: KeySet, make: Make
) -> None:
    token, [key] = make(), keys.keys
    remembering.verify(token)
    keys.keys.remove(key)
    with pytest.raises(InvalidToken, match="token-invalid"):
        remembering.verify(token)
    keys.keys.append(ECKey.generate_key("P-256", parameters={"kid": str(key.kid)}))
    with pytest.raises(InvalidToken, match="token-invalid"):
        remembering.verify(token)
    keys.keys[:] = [key]
    assert remembering.verify(token).subject == "o-17"


def test_one_other_letter_is_another_token(remembering: TokenVerifier, make: Make) -> None:
    token = make()
    remembering.verify(token)
    for altered in (token[:-1] + ("A" if token[-1] != "A" else "Q"), token + "=", token.replace(".", "..", 1)):
        with pytest.raises(InvalidToken, match="token-invalid"):
            remembering.verify(altered)


def test_the_number_of_remembered_tokens_is_bounded(
    remembering: TokenVerifier, checks: Checks, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 2)
    first, second, third = (make(sub=f"o-{n}") for n in range(3))
    for token in (first, second, first, third):
        remembering.verify(token)
    assert checks.signatures == 3
    remembering.verify(first)
    assert checks.signatures == 3
    remembering.verify(second)
    assert checks.signatures == 4
