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
from hmac import compare_digest
from uuid import UUID

from cryptography.exceptions import InvalidTag

from shared.kernel.canonical import canonical_bytes
from shared.kernel.sealed import Sealed
from shared.keyring.suites import A256GCM, Suite

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
    """The key (32 bytes) of one subject in one matter, and the suite under which alone it is used."""

    key_id: UUID
    subject: UUID
    matter: UUID
    material: bytes = field(repr=False)
    suite: Suite = A256GCM


@dataclass(frozen=True, slots=True)
class Opening:
    """What a ciphertext holds: `digest` is the suite's hash of salt ‖ text, so that both prove the text to anybody."""

    text: str = field(repr=False)
    salt: bytes = field(repr=False)


def seal_text(text: str, key: DataKey, label: str, *, nonce: bytes, salt: bytes) -> Sealed[str]:
    """Close `text` under `key` as the field `label`; `nonce` (12 bytes) is fresh and random, `salt` from `salt_of`.

    Raises ValueError for text with a lone surrogate, which UTF-8 cannot hold.
    """
    suite, opening = key.suite, salt + _utf8(text)
    context = _context(suite.name, key.key_id, key.subject, key.matter, label)
    return _SealedText(
        suite=suite.name,
        key=key.key_id,
        subject=key.subject,
        matter=key.matter,
        label=label,
        nonce=text_of(nonce),
        ciphertext=text_of(suite.encrypt(_cipher_key(key, nonce, context), nonce, opening, context)),
        commitment=text_of(_derive(key, b"commit", nonce, context)),
        digest=text_of(suite.hash(opening)),
    )


def salt_of(text: str, key: DataKey, label: str) -> bytes:
    """Return the salt (32 bytes) of `text` in this field: a secret that only who holds the key can tell.

    It is the same whenever the same words are sealed again in the same field of the same person and matter, and so is
    the digest: that is how a repeated command is recognised without opening anything. Raises ValueError like seal_text.
    """
    context = _context(key.suite.name, key.key_id, key.subject, key.matter, label)
    return key.suite.mac(key.material, b"salt\0" + key.suite.hash(context) + _utf8(text))


def open_text(sealed: Sealed[str], key: DataKey) -> str:
    """Return the text of `sealed`; raises SealBroken unless every member is exactly what `seal_text` made."""
    return open_salted(sealed, key).text


def open_salted(sealed: Sealed[str], key: DataKey) -> Opening:
    """Return text and salt of `sealed`, with which its digest can be checked; raises SealBroken like `open_text`."""
    # Suppressed, not chained: an exception's context would carry the text along.
    with suppress(InvalidTag, ValueError):
        if sealed.suite == key.suite.name and sealed.key == key.key_id:
            return _open(sealed, key)
    raise SealBroken(f"{sealed.label} under key {sealed.key}")


def _utf8(text: str) -> bytes:
    if _SURROGATE.search(text):  # encode() would say so, too, and show the text
        raise ValueError("text holds a lone surrogate")
    return text.encode()


def _open(sealed: Sealed[str], key: DataKey) -> Opening:
    nonce = _bytes(sealed.nonce, NONCE_BYTES)
    context = _context(sealed.suite, sealed.key, sealed.subject, sealed.matter, sealed.label)
    _equal(_bytes(sealed.commitment, _DIGEST_BYTES), _derive(key, b"commit", nonce, context))
    opening = key.suite.decrypt(_cipher_key(key, nonce, context), nonce, _bytes(sealed.ciphertext), context)
    _equal(_bytes(sealed.digest, _DIGEST_BYTES), key.suite.hash(opening))
    return Opening(opening[SALT_BYTES:].decode(), opening[:SALT_BYTES])


@lru_cache(maxsize=1024)
def _context(suite: str, key: UUID, subject: UUID, matter: UUID, label: str) -> bytes:
    """Return the additional data: it pins the field to its suite, key, subject, matter and label."""
    return canonical_bytes(
        {"key": str(key), "label": label, "matter": str(matter), "subject": str(subject), "suite": suite}
    )


def _cipher_key(key: DataKey, nonce: bytes, context: bytes) -> bytes:
    return _derive(key, b"encrypt", nonce, context)[: key.suite.cipher_key_bytes]


def _derive(key: DataKey, purpose: bytes, nonce: bytes, context: bytes) -> bytes:
    """Return the suite's HMAC(data key, purpose ‖ 0x00 ‖ nonce ‖ context)."""
    return key.suite.mac(key.material, purpose + b"\0" + nonce + context)


def _equal(given: bytes, computed: bytes) -> None:
    if not compare_digest(given, computed):
        raise ValueError("not equal")


def text_of(data: bytes) -> str:
    """Return base64url without padding, the one spelling that an envelope may have."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str, length: int | None = None) -> bytes:
    """Decode base64url without padding; raises ValueError for any second spelling of the same bytes."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if text_of(data) != text or (length is not None and len(data) != length):
        raise ValueError("not canonical base64url, or of the wrong length")
    return data
