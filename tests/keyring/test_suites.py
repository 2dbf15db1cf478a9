"""The suites compute what the standards and public vectors say, and nothing sealed under one opens under another."""

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag

from shared.kernel.ids import new_id
from shared.keyring.envelope import (
    SALT_BYTES,
    DataKey,
    SealBroken,
    _cipher_key,
    _context,
    open_salted,
    open_text,
    salt_of,
    seal_text,
    text_of,
)
from shared.keyring.suites import A256GCM, SM4GCM, SUITES, Suite, SuiteUnknown, suite
from tests.keyring.ambiguous import opens_twice

EACH = pytest.mark.parametrize("each", SUITES.values(), ids=SUITES)
LABEL = "submission.statement"
TEXT = "某某在座谈会上的陈述"
# RFC 8998, A.1; then Wycheproof sm4_gcm_test.json tcId 3, 4, 9 and 11: key, nonce, aad, text, ciphertext, tag.
SM4_GCM = [
    (
        "0123456789abcdeffedcba9876543210",
        "00001234567800000000abcd",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "a" * 16 + "b" * 16 + "c" * 16 + "d" * 16 + "e" * 16 + "f" * 16 + "e" * 16 + "a" * 16,
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
        "83de3541e4c2b58177e065a9bf7b62ec",
    ),
    (
        "384ea416ac3c2f51a76e7d8226346d4e",
        "b30c084727ad1c592ac21d12",
        "",
        "35",
        "a3",
        "a06f50a378b116e9dd2363a6e8babd88",
    ),
    (
        "cae31cd9f55526eb038241fc44cac1e5",
        "b5e006ded553110e6dc56529",
        "",
        "d10989f2c52e94ad",
        "ae080aa27f476736",
        "9e649f28d3f52a4bf7e3239a980617fd",
    ),
    (
        "28ff3def08179311e2734c6d1c4e2871",
        "32bcb9b569e3b852d37c766a",
        "c3",
        "dfc61a20df8505b53e3cd59f25770d5018add3d6",
        "cd6419e4b259e55f460f88763ed7229331ed11a0",
        "e156c8364e952357442b9a372ebc2f1f",
    ),
    (
        "38449890234eb8afab0bbf82e2385454",
        "33e90658416e7c1a7c005f11",
        "4020855c66ac4595058395f367201c4c",
        "f762776bf83163b323ca63a6b3adeac1e1357262",
        "e701e87475f01be5593829ffbbc8c212324d1f33",
        "0e6ef70f71cc450c2097481d6ae26b23",
    ),
]
# Wycheproof, the same file: tcId 62 to 65, one ciphertext with tags that somebody changed.
ALTERED = ["0" * 32, "f" * 32, "d0f9f60195d520cb3289a123589e5a64", "517877801454a14ab30820a2d91fdbe5"]
# Wycheproof hmac_sm3_test.json tcId 1, 5, 14 and 20: key, text, MAC.
HMAC_SM3 = [
    (
        "1e225cafb90339bba1b24076d4206c3e79c355805d851682bc818baa4f5a7779",
        "",
        "f9938b1b2515117f25dcd636c9a6a0e7f00bccaf5347e0e0df435cfca736cfc1",
    ),
    (
        "de8b5b5b2f09645be47ecb6407a4e1d9c6b33ae3c2d22517d3357da0357a3139",
        "cc021d65",
        "126129850a022d65e5f1a64335f615a74fbde4abfec4b400fdc970ed587faba0",
    ),
    (
        "e40f7a3eb88ddec4c6347ea4d67610756c82c8ebcc237629bf873ccabc32984a",
        "7fe43febc78474649e45bf99b2",
        "eaad34093d09bd4546a0090fcb13b609d692ca76c9e267e65fa3d154efbe2ef1",
    ),
    (
        "186e248ad824e1eb93329a7fdcd565b6cb4eaf3f85b90b910777128d8c538d27",
        "92ef9ff52f46eccc7e38b9ee19fd2de3b37726c8e6ce9e1b96db5dda4c317902",
        "ee692185356cbdb3b5afe83cdcc1e13b9576b333a2b99fd99aad2ea61c251b4c",
    ),
]


def key(of: str = "A256GCM", material: bytes = bytes(range(32))) -> DataKey:
    return DataKey(new_id(), new_id(), new_id(), material, suite(of))


@pytest.mark.parametrize("vector", SM4_GCM, ids=["RFC 8998", "3", "4", "9", "11"])
def test_sm4_gcm_is_the_one_of_the_standard(vector: tuple[str, ...]) -> None:
    cipher_key, nonce, aad, text, ciphertext, tag = map(bytes.fromhex, vector)
    assert SM4GCM.encrypt(cipher_key, nonce, text, aad) == ciphertext + tag
    assert SM4GCM.decrypt(cipher_key, nonce, ciphertext + tag, aad) == text
    for cut in (1, 4, 8, 15):
        with pytest.raises(InvalidTag):
            SM4GCM.decrypt(cipher_key, nonce, (ciphertext + tag)[:-cut], aad)


@pytest.mark.parametrize("tag", ALTERED)
def test_an_altered_tag_is_refused(tag: str) -> None:
    cipher_key, nonce = bytes(range(16)), bytes(range(0x50, 0x5C))
    ciphertext = bytes.fromhex("2610dc674b46c13dd4e2406d0c0873c4")
    assert SM4GCM.encrypt(cipher_key, nonce, bytes(range(0x20, 0x30)), b"")[:16] == ciphertext
    with pytest.raises(InvalidTag):
        SM4GCM.decrypt(cipher_key, nonce, ciphertext + bytes.fromhex(tag), b"")


@pytest.mark.parametrize("vector", HMAC_SM3, ids=["1", "5", "14", "20"])
def test_hmac_sm3_is_the_one_of_the_public_vectors(vector: tuple[str, ...]) -> None:
    mac_key, text, mac = map(bytes.fromhex, vector)
    assert SM4GCM.mac(mac_key, text) == mac


def test_sm3_is_the_one_of_the_standard() -> None:
    assert (
        SM4GCM.hash(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )  # GB/T 32905 A.1


@EACH
def test_a_field_comes_back_with_the_salt_that_proves_it(each: Suite) -> None:
    ours = key(each.name)
    salt = salt_of(TEXT, ours, LABEL)
    sealed = seal_text(TEXT, ours, LABEL, nonce=b"n" * 12, salt=salt)
    opening = open_salted(sealed, ours)
    assert (opening.text, opening.salt) == (TEXT, salt)
    assert text_of(ours.suite.hash(opening.salt + opening.text.encode())) == sealed.digest
    assert TEXT not in repr(opening)


@EACH
def test_whatever_is_moved_or_cut_is_broken(each: Suite) -> None:
    ours = key(each.name)
    sealed = seal_text(TEXT, ours, LABEL, nonce=b"n" * 12, salt=b"s" * 32)
    moved: list[dict[str, object]] = [
        {"subject": new_id()},
        {"matter": new_id()},
        {"label": "submission.reason"},
        {"key": new_id()},
        {"ciphertext": sealed.ciphertext[:-22]},
        {"ciphertext": sealed.ciphertext[:-1]},
        {"ciphertext": ""},
        {"suite": "SM4GCM" if sealed.suite == "A256GCM" else "A256GCM"},
        {"suite": "NONE"},
    ]
    for change in moved:
        with pytest.raises(SealBroken):
            open_text(sealed.model_copy(update=change), ours)
    assert open_text(sealed, ours) == TEXT


@EACH
def test_one_ciphertext_opens_under_one_key_only(each: Suite) -> None:
    """GCM alone has ciphertexts that open under two keys; whoever makes one cannot make both commitments hold."""
    ours = key(each.name)
    theirs = replace(ours, material=b"k" * 32)
    nonce, ciphertext, openings = two_openings(ours, theirs)
    assert openings[0] != openings[1]
    for own, opening in zip((ours, theirs), openings, strict=True):
        honest = seal_text("a", own, LABEL, nonce=nonce, salt=b"s" * 32)
        for said in openings:
            forged = {"ciphertext": text_of(ciphertext), "digest": text_of(each.hash(said))}
            sealed = honest.model_copy(update=forged)
            for opener in (ours, theirs):
                if opener is own and said == opening:
                    assert open_text(sealed, opener).encode() == opening[SALT_BYTES:]
                else:
                    with pytest.raises(SealBroken):
                        open_text(sealed, opener)


def two_openings(one: DataKey, other: DataKey) -> tuple[bytes, bytes, list[bytes]]:
    """Return a nonce, a ciphertext that the bare cipher opens under the keys of both, and the openings: each a text."""
    context = _context(one.suite.name, one.key_id, one.subject, one.matter, LABEL)
    for nonce in (bytes([number]) * 12 for number in range(256)):
        keys = (_cipher_key(one, nonce, context), _cipher_key(other, nonce, context))
        ciphertext = opens_twice(one.suite, keys, nonce, bytes(SALT_BYTES - 16 + 1), context)
        openings = [one.suite.decrypt(each, nonce, ciphertext, context) for each in keys]
        if all(opening[SALT_BYTES:].isascii() for opening in openings):
            return nonce, ciphertext, openings
    raise AssertionError("no pair of letters")


def test_a_key_of_one_suite_opens_nothing_of_the_other() -> None:
    aes = key("A256GCM")
    sm4 = replace(aes, suite=SM4GCM)
    for one, other in ((aes, sm4), (sm4, aes)):
        sealed = seal_text(TEXT, one, LABEL, nonce=b"n" * 12, salt=b"s" * 32)
        with pytest.raises(SealBroken):
            open_text(sealed, other)
        with pytest.raises(SealBroken):
            open_text(sealed.model_copy(update={"suite": other.suite.name}), other)
    assert salt_of(TEXT, aes, LABEL) != salt_of(TEXT, sm4, LABEL)


def test_a_suite_that_does_not_exist_has_no_cipher() -> None:
    assert suite("A256GCM") is A256GCM
    with pytest.raises(SuiteUnknown, match="SM4CBC"):
        suite("SM4CBC")
