"""The port behind which key-encryption keys live, and its file adapter for one machine."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.keyring.private_file import PrivateFileRefused, read_or_make

_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyServiceRefused(Exception):
    """A wrapped key that this key service cannot open: wrapped by another key, altered, or moved to another place."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key under a key-encryption key: `kek_id` names that key, `data` is opaque to all but the service."""

    kek_id: str
    data: bytes = field(repr=False)


class KeyService(Protocol):
    """Wraps and unwraps data keys (32 bytes). `aad` is bound to the result and must be given again to unwrap.

    Production puts an HSM or a KMS behind it; the key-encryption key never leaves that device.
    """

    async def wrap(self, key: bytes, aad: bytes) -> Wrapped: ...
    async def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Return the data key; raises KeyServiceRefused."""
        ...


class FileKeyService:
    """A key-encryption key (32 bytes, AES-256-GCM) in a file of one machine; the file is made on first use."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._kek_id = sha256(b"rongcuo kek id\0" + key).hexdigest()[:16]

    @classmethod
    def at(cls, path: Path) -> Self:
        """Read or make the key at `path`; raises PrivateFileRefused for lax permissions or a wrong length."""
        key = read_or_make(path, lambda: secrets.token_bytes(_KEY_BYTES))
        if len(key) != _KEY_BYTES:
            raise PrivateFileRefused(f"{path}: holds {len(key)} bytes; a key-encryption key has {_KEY_BYTES}")
        return cls(key)

    async def wrap(self, key: bytes, aad: bytes) -> Wrapped:
        """Return `key` wrapped as nonce ‖ AES-256-GCM(key)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Wrapped(self._kek_id, nonce + self._cipher.encrypt(nonce, key, aad))

    async def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Return the data key; raises KeyServiceRefused."""
        if not compare_digest(wrapped.kek_id.encode(), self._kek_id.encode()):
            raise KeyServiceRefused(f"wrapped by key-encryption key {wrapped.kek_id}, this one is {self._kek_id}")
        try:
            return self._cipher.decrypt(wrapped.data[:_NONCE_BYTES], wrapped.data[_NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:
            raise KeyServiceRefused("the wrapped key was altered or moved") from error
