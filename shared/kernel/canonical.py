"""Canonical JSON bytes: the one form in which an event is stored, hashed and sent.

The form is RFC 8785 (JCS) within an I-JSON profile that makes JCS simple: member names are ASCII, there are no
floats, integers lie within ±(2^53 - 1), and strings hold no NUL and no lone surrogate. Inside that profile sorting by
bytes equals sorting by UTF-16 code units, so that the fast encoder below is byte-equal to JCS (tested as a property).
"""

from typing import Any

import orjson

MAX_SAFE_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The value or the bytes lie outside the profile; the message names the path and the reason, never the value."""


class Canonical(bytes):
    """Bytes in canonical form, by their type: only `canonical_bytes` makes them, so nobody need parse them again."""

    __slots__ = ()


def canonical_bytes(value: Any) -> Canonical:
    """Encode `value` (None, bool, int, str, lists, tuples, dicts) to canonical UTF-8 bytes.

    Raises NotCanonical when the value holds something that the profile excludes.
    """
    if fault := _fault(value):
        raise NotCanonical(fault if fault.startswith("/") else f"/{fault}")
    return Canonical(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def parse_canonical(data: bytes) -> Any:
    """Decode bytes that must be canonical: encoding the result again has to give the same bytes.

    Raises NotCanonical for anything else (duplicate keys, white space, another key order, floats, bad UTF-8).
    """
    try:
        value = orjson.loads(memoryview(data))  # takes no type derived from bytes
    except orjson.JSONDecodeError as error:
        raise NotCanonical("not JSON") from error
    if canonical_bytes(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def _fault(value: Any) -> str | None:
    """Return path and reason of the first thing that the profile excludes; the path grows on the way back only."""
    if isinstance(value, str):
        return None if value.isascii() and "\x00" not in value else _fault_of_text(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= MAX_SAFE_INTEGER else ": integer beyond ±(2^53 - 1)"
    if isinstance(value, dict):
        for key, member in value.items():
            if not (isinstance(key, str) and key.isascii()):
                return ": member name is not ASCII"
            if fault := _fault(member):
                return f"/{key}{fault}"
        return None
    if isinstance(value, list | tuple):
        return next((f"/{index}{fault}" for index, member in enumerate(value) if (fault := _fault(member))), None)
    return f": {type(value).__name__} has no canonical form"


def _fault_of_text(value: str) -> str | None:
    if "\x00" in value:
        return ": text holds a NUL"
    try:
        value.encode()
    except UnicodeEncodeError:
        return ": text holds a lone surrogate"
    return None
