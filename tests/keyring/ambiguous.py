"""A ciphertext that one cipher opens under two keys: GCM's tag is linear in every block, so one block makes two agree.

After Dodis, Grubbs, Ristenpart and Woodage, "Fast Message Franking", CRYPTO 2018; GHASH is NIST SP 800-38D, §6.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB

from shared.keyring.suites import Suite

_R = 0xE1 << 120
_BITS = 128


def opens_twice(suite: Suite, keys: tuple[bytes, bytes], nonce: bytes, rest: bytes, aad: bytes) -> bytes:
    """Return ciphertext ‖ tag that opens under both cipher keys: a block that makes the tags one, then `rest`."""
    h = [_block(suite, key, bytes(16)) for key in keys]
    mask = [_block(suite, key, nonce + b"\0\0\0\1") for key in keys]
    after = [*_blocks(rest), len(aad) << 67 | (16 + len(rest)) << 3]
    tags = [_ghash(h[n], [*_blocks(aad), 0, *after]) ^ mask[n] for n in (0, 1)]
    weights = [_power(h[n], len(after) + 1) for n in (0, 1)]
    first = _product(tags[0] ^ tags[1], _inverse(weights[0] ^ weights[1]))
    tag = tags[0] ^ _product(first, weights[0])
    return b"".join((first.to_bytes(16), rest, tag.to_bytes(16)))


def _block(suite: Suite, key: bytes, text: bytes) -> int:
    cipher = AES(key) if suite.name == "A256GCM" else SM4(key)
    return int.from_bytes(Cipher(cipher, ECB()).encryptor().update(text))


def _blocks(content: bytes) -> list[int]:
    padded = content + bytes(-len(content) % 16)
    return [int.from_bytes(padded[at : at + 16]) for at in range(0, len(padded), 16)]


def _ghash(h: int, blocks: Sequence[int]) -> int:
    y = 0
    for block in blocks:
        y = _product(y ^ block, h)
    return y


def _product(x: int, y: int) -> int:
    z = 0
    for bit in range(_BITS - 1, -1, -1):
        if y >> bit & 1:
            z ^= x
        x = (x >> 1) ^ (_R if x & 1 else 0)
    return z


def _power(x: int, exponent: int) -> int:
    power = 1 << (_BITS - 1)
    for bit in f"{exponent:b}":
        power = _product(power, power)
        power = _product(power, x) if bit == "1" else power
    return power


def _inverse(x: int) -> int:
    return _power(x, (1 << _BITS) - 2)
