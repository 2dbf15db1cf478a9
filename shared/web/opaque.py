"""Tokens that only this installation can read: small values under AES-256-GCM, each bound to what it holds for."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from os import urandom
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class TokenRefused(Exception):
    """The token is none of ours, or it was made for something else."""


class OpaqueTokens:
    """Makes and reads tokens under one key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, value: Any, bound: Any) -> str:
        """Return a token (base64url) that holds the JSON value `value` for the JSON value `bound`."""
        nonce = urandom(_NONCE_BYTES)
        return (
            urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, _bytes(value), _bytes(bound))).rstrip(b"=").decode()
        )

    def open(self, token: str, bound: Any) -> Any:
        """Return the value in a token; raises TokenRefused."""
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            if _text(data) != token:  # one token is written in one way
                raise TokenRefused
            return json.loads(self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bytes(bound)))
        except (ValueError, InvalidTag) as error:
            raise TokenRefused from error


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
