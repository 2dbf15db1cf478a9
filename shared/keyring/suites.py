"""The ciphers of sealed fields: a suite is an authenticated cipher with the hash that belongs to it.

Both come from the library `cryptography`, which brings its own OpenSSL, so that SM3 and SM4 are there wherever the
platform runs. A data key is made for one suite and never used under another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

SuiteName = Literal["A256GCM", "SM4GCM"]
TAG_BYTES = 16


class SuiteUnknown(ValueError):
    """No suite of this build has this name."""


@dataclass(frozen=True)
class Suite:
    """What a suite computes; keys of `cipher_key_bytes`, nonces of 12, tags of 16, hashes and MACs of 32 bytes.

    `encrypt(key, nonce, text, aad)` returns ciphertext ‖ tag; `decrypt` takes that back and raises InvalidTag.
    """

    name: SuiteName
    cipher_key_bytes: int
    encrypt: Callable[[bytes, bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes, bytes], bytes]
    mac: Callable[[bytes, bytes], bytes]
    hash: Callable[[bytes], bytes]


def suite(name: str) -> Suite:
    """Return the suite of this name; raises SuiteUnknown."""
    try:
        return SUITES[name]
    except KeyError:
        raise SuiteUnknown(name) from None


def _aes_encrypt(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, text, aad)


def _aes_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, sealed, aad)


def _sm4_encrypt(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    encryptor = Cipher(SM4(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(text) + encryptor.finalize() + encryptor.tag


def _sm4_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    if len(sealed) < TAG_BYTES:  # the library would take a shorter tag
        raise InvalidTag
    decryptor = Cipher(SM4(key), GCM(nonce, sealed[-TAG_BYTES:])).decryptor()
    decryptor.authenticate_additional_data(aad)
    return decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()


def _hmac_sha256(key: bytes, text: bytes) -> bytes:
    return digest(key, text, "sha256")


def _sha256(text: bytes) -> bytes:
    return sha256(text).digest()


def _hmac_sm3(key: bytes, text: bytes) -> bytes:
    mac = HMAC(key, SM3())
    mac.update(text)
    return mac.finalize()


def _sm3(text: bytes) -> bytes:
    hasher = Hash(SM3())
    hasher.update(text)
    return hasher.finalize()


A256GCM = Suite("A256GCM", 32, _aes_encrypt, _aes_decrypt, _hmac_sha256, _sha256)
SM4GCM = Suite("SM4GCM", 16, _sm4_encrypt, _sm4_decrypt, _hmac_sm3, _sm3)
SUITES: Mapping[str, Suite] = {A256GCM.name: A256GCM, SM4GCM.name: SM4GCM}
