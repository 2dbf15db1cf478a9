"""Canonical JSON bytes: the one form in which an event is stored, hashed and sent.

The form is RFC 8785 (JCS) within an I-JSON profile that makes JCS simple: member names are ASCII, there are no
floats, integers lie within ±(2^53 - 1), and strings hold no NUL and no lone surrogate. Inside that profile sorting by
bytes equals sorting by UTF-16 code units, so that the fast encoder below is byte-equal to JCS (tested as a property).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

MAX_SAFE_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The value or the bytes lie outside the profile; the message names the path and the reason, never the value."""


def canonical_bytes(value: Any) -> bytes:
    """Encode `value` (None, bool, int, str, sequences, mappings) to canonical UTF-8 bytes.

    Raises NotCanonical when the value holds something that the profile excludes.
    """
    _check(value, "")
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parse_canonical(data: bytes) -> Any:
    """Decode bytes that must be canonical: encoding the result again has to give the same bytes.

    Raises NotCanonical for anything else (duplicate keys, white space, another key order, floats, bad UTF-8).
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotCanonical("not JSON") from error
    if canonical_bytes(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def _check(value: Any, path: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise NotCanonical(f"{path or '/'}: integer beyond ±(2^53 - 1)")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise NotCanonical(f"{path or '/'}: member name is not ASCII")
            _check(member, f"{path}/{key}")
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for index, member in enumerate(value):
            _check(member, f"{path}/{index}")
    else:
        raise NotCanonical(f"{path or '/'}: {type(value).__name__} has no canonical form")


def _check_text(value: str, path: str) -> None:
    if "\x00" in value:
        raise NotCanonical(f"{path or '/'}: text holds a NUL")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{path or '/'}: text holds a lone surrogate") from error
