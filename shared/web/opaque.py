"""Tokens that only this installation can read: small values under AES-256-SIV, each bound to what it holds for.

They are made without a nonce (RFC 5297): the same value for the same bound is the same token, so that a list that has
not changed is the same bytes and can be answered 304. What that gives away is that two tokens are equal, to whoever
holds both, and both were given to the same caller for the same query, since that is their bound: he was shown the same
list twice. Nothing else follows from a token, and none can be made or altered without the key.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import digest
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class TokenRefused(Exception):
    """The token is none of ours, or it was made for something else."""


class OpaqueTokens:
    """Makes and reads tokens under one key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(digest(key, b"siv", "sha512"))  # 32 bytes to authenticate, 32 to encrypt

    def seal(self, value: Any, bound: Any) -> str:
        """Return the token (base64url) that holds the JSON value `value` for the JSON value `bound`."""
        return _text(self._cipher.encrypt(_bytes(value), [_bytes(bound)]))

    def open(self, token: str, bound: Any) -> Any:
        """Return the value in a token; raises TokenRefused."""
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            if _text(data) != token:  # one token is written in one way
                raise TokenRefused
            return json.loads(self._cipher.decrypt(data, [_bytes(bound)]))
        except (ValueError, InvalidTag) as error:
            raise TokenRefused from error


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
