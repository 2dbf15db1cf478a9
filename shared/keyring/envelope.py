"""The cryptography of a sealed field, pure: no chance, no database (layout and vectors: docs/sealed-fields.md).

A fresh encryption key and the commitment are derived from the data key, the nonce and the context of the field
(derive-then-encrypt after Bellare and Hoang, EUROCRYPT 2022), because AES-GCM alone lets one ciphertext open under
two keys.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest, digest
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.canonical import canonical_bytes
from shared.kernel.sealed import Sealed

SUITE = "A256GCM"
KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 32
_DIGEST_BYTES = 32
_SealedText = Sealed[str]
_SURROGATE = re.compile("[\ud800-\udfff]")


class SealBroken(Exception):
    """The envelope is not what was sealed: altered, cut, moved to another place, or under another key."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key (32 bytes) of one subject in one matter."""

    key_id: UUID
    subject: UUID
    matter: UUID
    material: bytes = field(repr=False)


def seal_text(text: str, key: DataKey, label: str, *, nonce: bytes, salt: bytes) -> Sealed[str]:
    """Close `text` under `key` as the field `label`; `nonce` (12 bytes) is fresh and random, `salt` from `salt_of`.

    Raises ValueError for text with a lone surrogate, which UTF-8 cannot hold.
    """
    opening = salt + _utf8(text)
    context = _context(SUITE, key.key_id, key.subject, key.matter, label)
    return _SealedText(
        suite=SUITE,
        key=key.key_id,
        subject=key.subject,
        matter=key.matter,
        label=label,
        nonce=_text(nonce),
        ciphertext=_text(AESGCM(_derive(key, b"encrypt", nonce, context)).encrypt(nonce, opening, context)),
        commitment=_text(_derive(key, b"commit", nonce, context)),
        digest=_text(sha256(opening).digest()),
    )


def salt_of(text: str, key: DataKey, label: str) -> bytes:
    """Return the salt (32 bytes) of `text` in this field: a secret that only who holds the key can tell.

    It is the same whenever the same words are sealed again in the same field of the same person and matter, and so is
    the digest: that is how a repeated command is recognised without opening anything. Raises ValueError like seal_text.
    """
    context = _context(SUITE, key.key_id, key.subject, key.matter, label)
    return digest(key.material, b"salt\0" + sha256(context).digest() + _utf8(text), "sha256")


def open_text(sealed: Sealed[str], key: DataKey) -> str:
    """Return the text of `sealed`; raises SealBroken unless every member is exactly what `seal_text` made."""
    # Suppressed, not chained: an exception's context would carry the text along.
    with suppress(InvalidTag, ValueError):
        if sealed.suite == SUITE and sealed.key == key.key_id:
            return _open(sealed, key)
    raise SealBroken(f"{sealed.label} under key {sealed.key}")


def _utf8(text: str) -> bytes:
    if _SURROGATE.search(text):  # encode() would say so, too, and show the text
        raise ValueError("text holds a lone surrogate")
    return text.encode()


def _open(sealed: Sealed[str], key: DataKey) -> str:
    nonce = _bytes(sealed.nonce, NONCE_BYTES)
    context = _context(sealed.suite, sealed.key, sealed.subject, sealed.matter, sealed.label)
    _equal(_bytes(sealed.commitment, _DIGEST_BYTES), _derive(key, b"commit", nonce, context))
    ciphertext = _bytes(sealed.ciphertext)
    opening = AESGCM(_derive(key, b"encrypt", nonce, context)).decrypt(nonce, ciphertext, context)
    _equal(_bytes(sealed.digest, _DIGEST_BYTES), sha256(opening).digest())
    return opening[SALT_BYTES:].decode()


@lru_cache(maxsize=1024)
def _context(suite: str, key: UUID, subject: UUID, matter: UUID, label: str) -> bytes:
    """Return the additional data: it pins the field to its suite, key, subject, matter and label."""
    return canonical_bytes(
        {"key": str(key), "label": label, "matter": str(matter), "subject": str(subject), "suite": suite}
    )


def _derive(key: DataKey, purpose: bytes, nonce: bytes, context: bytes) -> bytes:
    """Return HMAC-SHA256(data key, purpose ‖ 0x00 ‖ nonce ‖ context)."""
    return digest(key.material, purpose + b"\0" + nonce + context, "sha256")


def _equal(given: bytes, computed: bytes) -> None:
    if not compare_digest(given, computed):
        raise ValueError("not equal")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str, length: int | None = None) -> bytes:
    """Decode base64url without padding; raises ValueError for any second spelling of the same bytes."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(data) != text or (length is not None and len(data) != length):
        raise ValueError("not canonical base64url, or of the wrong length")
    return data
