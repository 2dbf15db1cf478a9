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
        return urlsafe_b64encode(data + self._tag(log, data)).decode()

    def position(self, token: str, log: str) -> int:
        """Return the position in a token; raises ValueError for one that was not made for this log."""
        try:
            data = urlsafe_b64decode(token.encode("ascii"))
        except ValueError as error:
            raise ValueError("not a read-after token") from error
        if not hmac.compare_digest(data[_POSITION:], self._tag(log, data[:_POSITION])):
            raise ValueError("not a read-after token of this log")
        return int.from_bytes(data[:_POSITION], "big")

    def _tag(self, log: str, data: bytes) -> bytes:
        return hmac.digest(self._secret, b"read-after\0" + log.encode() + b"\0" + data, sha256)[:_TAG]
