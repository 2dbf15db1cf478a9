"""Canonical bytes: one value, one form, byte-equal to RFC 8785 inside the profile."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.canonical import MAX_SAFE_INTEGER, Canonical, NotCanonical, canonical_bytes, parse_canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
KEYS = st.text(st.characters(max_codepoint=127))
BOM = b"\xef\xbb\xbf"
SCALARS = st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | TEXT
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(KEYS, v, max_size=4), max_leaves=12)


@given(VALUES)
def test_bytes_equal_rfc_8785_within_the_profile(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(VALUES)
def test_parsing_gives_the_value_back(value: Any) -> None:
    assert parse_canonical(canonical_bytes(value)) == value


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), 2**53, -(2**53), "\x00", "\ud800", {"键": 1}, {1: 2}, b"bytes", {"a": [{"b": 0.0}]}],
)
def test_values_outside_the_profile_are_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b"1.0",
        b"1e3",
        b"\xff",
        b'"\\u4e2d"',
        b"",
        b"NaN",
        b"\xef\xbb\xbf1",
    ],
)
def test_bytes_in_another_form_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_canonical(data)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": ["x", "某\x00"]}, "/a/1: text holds a NUL"),
        ([{"a": {"b": "\ud800某"}}], "/0/a/b: text holds a lone surrogate"),
        ({"a": {"某": 1}}, "/a: member name is not ASCII"),
        ({"a": [2**53]}, "/a/0: integer beyond ±(2^53 - 1)"),
        (1.5, "/: float has no canonical form"),
    ],
)
def test_an_error_names_the_path_and_never_the_value(value: Any, message: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical_bytes(value)
    assert str(caught.value) == message


@given(VALUES)
def test_only_bytes_that_were_encoded_here_have_the_type_of_canonical_ones(value: Any) -> None:
    encoded = canonical_bytes(value)
    assert type(encoded) is Canonical
    for others in (bytes(encoded), encoded[:], encoded + b"", encoded.strip(), bytearray(encoded)):
        assert not isinstance(others, Canonical)
