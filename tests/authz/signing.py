"""Tokens that nobody honest would sign, and how each is refused."""

import json
import traceback
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from shared.authz.tokens import InvalidToken, TokenVerifier
from tests.authz.conftest import CLAIMS


def b64(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(header: Any, key: Key, payload: object = CLAIMS, by: str = "ES256") -> str:
    """Sign any header at all, with joserfc's checks of headers switched off."""
    signing = f"{b64(header)}.{b64(payload)}"
    signature = JWSRegistry.algorithms[by].sign(signing.encode(), key)
    return f"{signing}.{b64(signature)}"


def refusal(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        verifier.verify(token)
    assert caught.value.__context__ is None
    shown = "".join(traceback.format_exception(caught.value, chain=True))
    assert not any(len(part) > 16 and part in shown for part in token.split("."))
    assert caught.value.args == (caught.value.code,)
    return caught.value.code
