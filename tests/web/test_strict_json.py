"""Request bodies: one reading of the bytes, or none."""

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.problems import Problem
from shared.web.strict_json import FORBIDDEN, MAX_DEPTH, parse_strict
from tests.web.conftest import As

FILE = "/intake/v1/petitions"
MALFORMED = {
    "empty": b"",
    "cut": b'{"title": ',
    "trailing": b'{"title": "a"} {}',
    "trailing comma": b'{"title": "a",}',
    "comment": b'{"title": "a"} // x',
    "single quotes": b"{'title': 'a'}",
    "duplicate member": b'{"title": "a", "title": "b"}',
    "duplicate member by escape": b'{"title": "a", "t\\u0069tle": "b"}',
    "duplicate member deep down": b'{"title": {"x": [{"y": 1, "y": 2}]}}',
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": -Infinity}',
    "number out of range": b'{"title": 1e400}',
    "number of 5000 digits": b'{"title": ' + b"9" * 5000 + b"}",
    "lone high surrogate": b'{"title": "\\ud800"}',
    "lone low surrogate": b'{"title": "\\udfff"}',
    "lone surrogate in a name": b'{"\\ud800": 1}',
    "encoded surrogate": b'{"title": "\xed\xa0\x80"}',
    "BOM": b'\xef\xbb\xbf{"title": "a"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "GBK": '{"title": "容错"}'.encode("gbk"),
    "raw control character": b'{"title": "a\x00b"}',
    "too deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "depth bomb": b"[" * 500_000,
    "object depth bomb": b'{"a":' * 100_000,
}
FORBIDDEN_TEXTS = ["\x00", "\x1b[31m", "\x7f", "\x85", "\u202e", "\u2066", "\u2028", "\ufffe"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def outcome(data: bytes) -> tuple[str | None, Any]:
    """The code of the refusal and None, or None and the value."""
    try:
        return None, parse_strict(data)
    except Problem as problem:
        return problem.code, None


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_json_is_refused(data: bytes) -> None:
    assert outcome(data) == ("json-malformed", None)


@pytest.mark.parametrize("text", FORBIDDEN_TEXTS, ids=repr)
def test_a_forbidden_character_is_refused_and_pointed_at(text: str) -> None:
    body = {"a/b": [{"m~n": f"x{text}"}]}
    with pytest.raises(Problem) as refused:
        parse_strict(json.dumps(body).encode())
    assert refused.value.code == "character-forbidden"
    assert [fault.pointer for fault in refused.value.errors] == ["/a~1b/0/m~0n"]


@given(values)
def test_what_is_accepted_is_read_as_any_parser_reads_it(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False).encode()
    code, read = outcome(data)
    forbidden = FORBIDDEN.search(data.decode()) or re.search(r"\\[ubf]", data.decode())
    assert (code is None and read == value) or code == "json-malformed" or (code and forbidden)


@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_but_a_problem(data: bytes) -> None:
    assert outcome(data)[0] in {None, "character-forbidden", "json-malformed"}


def test_texts_with_lines_and_the_deepest_allowed_nesting_pass() -> None:
    assert parse_strict('"第一行\\r\\n\\t第二行 😀"'.encode()) == "第一行\r\n\t第二行 😀"
    assert parse_strict(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


async def test_malformed_json_is_a_problem(client: httpx.AsyncClient, command: As) -> None:
    answer = await client.post(
        FILE, content=b'{"title": "a", "title": "b"}', headers={**command(), "Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "json-malformed")


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "a"]
)
async def test_another_content_type_is_refused(client: httpx.AsyncClient, command: As, content_type: str) -> None:
    answer = await client.post(FILE, content=b'{"title": "a"}', headers={**command(), "Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "content-type-unsupported")


async def test_a_charset_of_utf_8_is_welcome(client: httpx.AsyncClient, command: As) -> None:
    headers = {**command(), "Content-Type": 'Application/JSON; charset="UTF-8"'}
    assert (await client.post(FILE, content=b'{"title": "a"}', headers=headers)).status_code == 201


async def test_a_body_above_1_mib_is_refused_declared_or_not(client: httpx.AsyncClient, command: As) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 65_536

    for content in (b" " * (2**20 + 1), chunks()):
        answer = await client.post(FILE, content=content, headers={**command(), "Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_body_of_1_mib_is_read(client: httpx.AsyncClient, command: As) -> None:
    data = b'{"title": "a"}'
    headers = {**command(), "Content-Type": "application/json"}
    assert (await client.post(FILE, content=data + b" " * (2**20 - len(data)), headers=headers)).status_code == 201
