"""The opaque token by which a client reads its own writes: a position of one log that only we can have written."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

_POSITION = 8
_TAG = 16


class ReadAfter:
    """Makes and reads tokens under one secret (at least 16 bytes)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret needs at least 16 bytes")
        self._secret = secret

    def token(self, log: str, position: int) -> str:
        """Return a token (base64url, 32 characters) for `position` of `log`."""
        data = position.to_bytes(_POSITION, "big")
        tag = self._tag(log, data)
        return urlsafe_b64encode(self._masked(data, tag) + tag).decode()

    def position(self, token: str, log: str) -> int:
        """Return the position in a token; raises ValueError for one that was not made for this log."""
        try:
            data = urlsafe_b64decode(token.encode("ascii"))
        except ValueError as error:
            raise ValueError("not a read-after token") from error
        tag = data[_POSITION:]
        position = self._masked(data[:_POSITION], tag)
        if not hmac.compare_digest(tag, self._tag(log, position)):
            raise ValueError("not a read-after token of this log")
        return int.from_bytes(position, "big")

    def _masked(self, data: bytes, tag: bytes) -> bytes:
        """Hide a position, or show it again: how long a log is, is nobody's business but an auditor's."""
        mask = hmac.digest(self._secret, b"mask\0" + tag, sha256)[: len(data)]
        return (int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(data), "big")

    def _tag(self, log: str, data: bytes) -> bytes:
        return hmac.digest(self._secret, b"read-after\0" + log.encode() + b"\0" + data, sha256)[:_TAG]
