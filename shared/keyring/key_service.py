"""The port behind which key-encryption keys live, and its file adapter for one machine."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.keyring.private_file import PrivateFileRefused, read_or_make, replace_private

KEK_BYTES = 32
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

    It wraps under one key-encryption key, the current one, and unwraps what older ones have wrapped. Production puts
    an HSM or a KMS behind it; the key-encryption keys never leave that device.
    """

    async def check(self) -> None:
        """Raise what says why, unless keys can be wrapped and unwrapped: nothing begins to serve before that."""
        ...

    async def current(self) -> str:
        """Return the id of the key-encryption key under which `wrap` wraps."""
        ...

    async def wrap(self, key: bytes, aad: bytes) -> Wrapped: ...
    async def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Return the data key; raises KeyServiceRefused."""
        ...


class FileKeyService:
    """Key-encryption keys (32 bytes, AES-256-GCM) that this process holds; `older` ones only unwrap."""

    def __init__(self, key: bytes, older: Iterable[bytes] = ()) -> None:
        self._hold(key, older)

    @classmethod
    def at(cls, path: Path) -> Self:
        """Read or make the key at `path`; older ones lie beside it as `<name>.<id>`.

        Raises PrivateFileRefused for lax permissions or a wrong length.
        """
        key = _read(path)
        service = cls(key, map(_read, _older(path)))
        service._path = path
        return service

    async def check(self) -> None:
        """Raise PrivateFileRefused unless the file holds the keys still."""
        self._look_again()

    async def current(self) -> str:
        """Return the id of the key that wraps."""
        self._look_again()
        return self._current

    async def wrap(self, key: bytes, aad: bytes) -> Wrapped:
        """Return `key` wrapped as nonce ‖ AES-256-GCM(key)."""
        self._look_again()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Wrapped(self._current, nonce + self._ciphers[self._current].encrypt(nonce, key, aad))

    async def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Return the data key; raises KeyServiceRefused."""
        if wrapped.kek_id not in self._ciphers:
            self._look_again()
        cipher = self._ciphers.get(wrapped.kek_id)
        if cipher is None:
            raise KeyServiceRefused(
                f"wrapped by key-encryption key {wrapped.kek_id}, here are {', '.join(self._ciphers)}"
            )
        try:
            return cipher.decrypt(wrapped.data[:_NONCE_BYTES], wrapped.data[_NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:
            raise KeyServiceRefused("the wrapped key was altered or moved") from error

    _path: Path | None = None
    _seen: int | None = None

    def _hold(self, key: bytes, older: Iterable[bytes]) -> None:
        self._current = _kek_id(key)
        self._ciphers: Mapping[str, AESGCM] = {_kek_id(each): AESGCM(each) for each in (key, *older)}

    def _look_again(self) -> None:
        """Take up what `begin_anew` has changed since, in this process or in another."""
        if self._path is not None and (found := self._path.stat().st_ino) != self._seen:
            self._hold(_read(self._path), map(_read, _older(self._path)))
            self._seen = found


def begin_anew(path: Path) -> str:
    """Make a new key-encryption key current and keep the one before it beside it; returns the new one's id.

    Every process that has the file open takes it up with the next key that it wraps. After a crash in between, the old
    key stands twice, and this may be done again.
    """
    old, new = _read(path), secrets.token_bytes(KEK_BYTES)
    read_or_make(path.with_name(f"{path.name}.{_kek_id(old)}"), lambda: old)
    replace_private(path, new)
    return _kek_id(new)


def forget_older(path: Path, kek_id: str) -> None:
    """Destroy an older key-encryption key, under which nothing stands any more."""
    path.with_name(f"{path.name}.{kek_id}").unlink()


def _older(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.*"))


def _read(path: Path) -> bytes:
    key = read_or_make(path, lambda: secrets.token_bytes(KEK_BYTES))
    if len(key) != KEK_BYTES:
        raise PrivateFileRefused(f"{path}: holds {len(key)} bytes; a key-encryption key has {KEK_BYTES}")
    return key


def _kek_id(key: bytes) -> str:
    return sha256(b"rongcuo kek id\0" + key).hexdigest()[:16]
