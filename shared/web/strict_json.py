"""Strict JSON for request bodies: what two parsers could read differently is refused."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from shared.web.problems import Problem, Wrong
from shared.web.secrecy_marks import is_marked, suspicious

MAX_DEPTH = 32
# Control characters except tab, LF and CR; marks that turn the direction of text; noncharacters.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
FORBIDDEN_HERE = ("character-forbidden", "含有不允许的字符", "A character that is not allowed stands here")
_MARKED = ("state-secret-refused", "带有国家秘密标志", "It bears the mark of a state secret")
SURROGATE = re.compile("[\ud800-\udfff]")


def parse_strict(data: bytes) -> Any:
    """Decode a request body.

    Raises Problem: `json-malformed` for anything that is not UTF-8 JSON or holds a BOM, duplicate member names, NaN,
    Infinity, a lone surrogate or more than 32 levels; `character-forbidden` for control characters in a text;
    `state-secret-refused` for a classification mark, so that nothing that bears one is read any further.
    """
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Problem("json-malformed") from error
    if not _plain(text):
        _check_texts(value)
    if suspicious(text):
        _check_marks(value)
    return value


def _plain(text: str) -> bool:
    """Tell at a glance that nothing forbidden can be in a JSON text: no escapes, no such character, few brackets."""
    return "\\" not in text and text.count("[") + text.count("{") <= MAX_DEPTH and not FORBIDDEN.search(text)


def _check_texts(value: Any) -> None:
    faults = []
    for pointer, text, _ in _texts(value, "", 1):
        if SURROGATE.search(text):
            raise Problem("json-malformed")
        if FORBIDDEN.search(text):
            faults.append(Wrong(pointer, *FORBIDDEN_HERE))
    if faults:
        raise Problem("character-forbidden", errors=faults[:20])


def _check_marks(value: Any) -> None:
    marked = [pointer for pointer, text, member in _texts(value, "", 1) if is_marked(text, member)]
    if marked:
        faults = [Wrong(pointer, *_MARKED) for pointer in marked]
        raise Problem("state-secret-refused", errors=faults[:20])


def pointer_step(name: str | int) -> str:
    """Return one escaped step of a JSON Pointer, with its slash."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return number


def _texts(value: Any, pointer: str, depth: int, member: str | None = None) -> Iterator[tuple[str, str, str | None]]:
    """Yield every text with its pointer and the member whose value it is or belongs to.

    A member's name is a text, too, told by the pointer of what it stands in.
    """
    if isinstance(value, str):
        yield pointer, value, member
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise Problem("json-malformed")
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, content in members:
            if isinstance(name, str):
                yield pointer, name, None
            named = name if isinstance(name, str) else member
            yield from _texts(content, pointer + pointer_step(name), depth + 1, named)
