"""A sealed field opens exactly as it was sealed, or not at all."""

import traceback
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.ids import new_id
from shared.kernel.sealed import Sealed
from shared.keyring.envelope import DataKey, SealBroken, open_text, salt_of, seal_text

TEXT = "被反映人王某某于会上陈述"
KEY = DataKey(new_id(), new_id(), new_id(), bytes(range(32)))
OTHER = UUID("00000000-0000-7000-8000-000000000000")
BINARY = ("nonce", "ciphertext", "commitment", "digest")


def sealed(text: str = TEXT) -> Sealed[str]:
    return seal_text(text, KEY, "submission.statement", nonce=b"n" * 12, salt=b"s" * 32)


def data(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


def text_of(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def with_member(member: str, value: object) -> Sealed[str]:
    return sealed().model_copy(update={member: value})


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=12, max_size=12))
def test_any_text_comes_back_as_it_was(text: str, nonce: bytes) -> None:
    closed = seal_text(text, KEY, "a", nonce=nonce, salt=b"s" * 32)
    again = Sealed[str].model_validate_json(closed.model_dump_json())
    assert open_text(again, KEY) == text


@pytest.mark.parametrize(
    ("member", "value"),
    [("suite", "SM4GCM"), ("key", OTHER), ("subject", OTHER), ("matter", OTHER), ("label", "submission.reason")],
)
def test_an_envelope_moved_to_another_place_is_broken(member: str, value: object) -> None:
    with pytest.raises(SealBroken):
        open_text(with_member(member, value), KEY)


def test_an_envelope_moved_together_with_its_key_id_is_broken() -> None:
    moved = with_member("key", OTHER)
    with pytest.raises(SealBroken):
        open_text(moved, replace(KEY, key_id=OTHER))


@pytest.mark.parametrize("member", BINARY)
def test_every_flipped_bit_is_noticed(member: str) -> None:
    content = data(getattr(sealed(), member))
    for bit in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            open_text(with_member(member, text_of(bytes(flipped))), KEY)


@pytest.mark.parametrize("member", BINARY)
@pytest.mark.parametrize("cut", [0, 1, 11, -1, -16])
def test_a_cut_member_is_broken(member: str, cut: int) -> None:
    with pytest.raises(SealBroken):
        open_text(with_member(member, text_of(data(getattr(sealed(), member))[:cut])), KEY)


@pytest.mark.parametrize("member", BINARY)
@pytest.mark.parametrize("suffix", ["=", "A", "AAAA", "\n", " ", "!", "。", "\ud800"])
def test_a_member_with_anything_added_is_broken(member: str, suffix: str) -> None:
    with pytest.raises(SealBroken):
        open_text(with_member(member, getattr(sealed(), member) + suffix), KEY)


@pytest.mark.parametrize("member", ["commitment", "digest"])
def test_a_second_spelling_of_the_same_bytes_is_broken(member: str) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelling = getattr(sealed(), member)
    twin = spelling[:-1] + alphabet[alphabet.index(spelling[-1]) ^ 1]
    assert data(twin) == data(spelling)
    with pytest.raises(SealBroken):
        open_text(with_member(member, twin), KEY)


def test_another_key_does_not_open_it_even_with_a_commitment_of_its_own() -> None:
    stranger = replace(KEY, material=b"k" * 32)
    theirs = seal_text(TEXT, stranger, "submission.statement", nonce=b"n" * 12, salt=b"s" * 32)
    for broken in (sealed(), sealed().model_copy(update={"commitment": theirs.commitment})):
        with pytest.raises(SealBroken):
            open_text(broken, stranger)


def test_the_same_text_sealed_twice_shows_nothing_in_common() -> None:
    twin = seal_text(TEXT, KEY, "submission.statement", nonce=b"m" * 12, salt=b"t" * 32)
    assert all(getattr(twin, member) != getattr(sealed(), member) for member in BINARY)


def test_the_same_words_in_the_same_field_are_equal_and_no_others() -> None:
    def again(text: str, key: DataKey = KEY, label: str = "submission.statement", nonce: bytes = b"m" * 12) -> object:
        return seal_text(text, key, label, nonce=nonce, salt=salt_of(text, key, label))

    assert again(TEXT) == again(TEXT, nonce=b"o" * 12)
    others = [again(TEXT + "。"), again(TEXT, label="party.name"), again(TEXT, replace(KEY, material=b"k" * 32))]
    assert again(TEXT) not in others


def test_a_lone_surrogate_is_refused_without_showing_the_text() -> None:
    with pytest.raises(ValueError, match="lone surrogate") as caught:
        sealed(TEXT + "\ud800")
    assert TEXT not in "".join(traceback.format_exception(caught.value))


def test_neither_text_nor_key_stand_in_a_representation_or_a_traceback() -> None:
    shown = [repr(KEY), str(KEY), repr(sealed()), str(sealed()), sealed().model_dump_json()]
    with pytest.raises(SealBroken) as caught:
        open_text(with_member("digest", text_of(b"d" * 32)), KEY)
    assert caught.value.__context__ is None
    shown.append("".join(traceback.format_exception(caught.value)))
    for line in shown:
        assert TEXT not in line
        assert "某" not in line
        assert repr(KEY.material)[2:20] not in line
        assert KEY.material.hex() not in line
