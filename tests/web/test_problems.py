"""Problems: what callers are told, and what they are never told."""

import ast
import logging
import re
from pathlib import Path
from typing import TypeGuard

import httpx
import pytest

from shared.kernel.errors import Rejected
from shared.kernel.ids import new_id
from shared.web.catalogue import catalogue
from shared.web.handlers import _rejected
from shared.web.language import preferred
from tests.web.conftest import As

FILE = "/intake/v1/petitions"
SECRET = "张某 13800000000"
ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("/title", "member-missing")]),
        ({"title": "a", "titel": SECRET}, [("/titel", "member-unknown")]),
        ({"title": " \u3000 "}, [("/title", "text-form")]),
        ({"title": "line\nline"}, [("/title", "text-form")]),
        ({"title": 5}, [("/title", "value-invalid")]),
        ({"title": "a", "jurisdiction": SECRET}, [("/jurisdiction", "text-form")]),
        ({"title": "a", "act_on": SECRET}, [("/act_on", "value-invalid")]),
        ({"title": "a", "statement": ""}, [("/statement", "text-blank")]),
        ([], [("", "value-invalid")]),
        (None, [("", "member-missing")]),
    ],
    ids=str,
)
async def test_invalid_content_is_pointed_at_and_never_repeated(
    client: httpx.AsyncClient, command: As, body: object, faults: list[tuple[str, str]]
) -> None:
    answer = await client.post(FILE, json=body, headers=command())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "content-invalid")
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == faults
    assert SECRET not in answer.text


async def test_a_text_too_long_has_a_code_of_its_own(client: httpx.AsyncClient, command: As) -> None:
    body = {"title": "长" * 201, "statement": "长" * 20_001}
    answer = await client.post(FILE, json=body, headers=command())
    assert (answer.status_code, answer.json()["code"]) == (422, "text-too-long")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/title", "/statement"]
    assert (await client.post(FILE, json={"title": "长" * 200}, headers=command())).status_code == 201


async def test_an_internal_error_tells_only_its_trace(
    client: httpx.AsyncClient, as_: As, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = await client.get("/intake/v1/failure", headers=as_())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal-error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    told = [record for record in caplog.records if record.name == "rongcuo.errors"]
    assert [record.__dict__["trace_id"] for record in told] == [problem["trace_id"]]
    assert "RuntimeError" in told[0].getMessage()
    assert "张某" not in caplog.text.replace('raise RuntimeError("secret: 张某 lives here")', "")


async def test_unknown_paths_and_unreadable_ids_are_not_found(client: httpx.AsyncClient, as_: As) -> None:
    for path in ("/", "/intake", "/intake/v1/nothing", "/intake/v1/petitions/", "/intake/v1/petitions/1", "/%00"):
        answer = await client.get(path, headers=as_())
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient, as_: As) -> None:
    for method, path, allowed in (
        ("DELETE", FILE, "POST"),
        ("POST", f"{FILE}/{new_id()}", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("TRACE", "/intake/v1/events", "GET, HEAD"),
    ):
        answer = await client.request(method, path, headers={**as_(), "X-HTTP-Method-Override": "GET"})
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
        assert answer.headers["allow"] == allowed


async def test_query_parameters_are_never_ignored(client: httpx.AsyncClient, as_: As, petition: str) -> None:
    for query, status, code in (
        ("at_version=1&page=2", 400, "query-parameter-unknown"),
        ("AT_VERSION=1", 400, "query-parameter-unknown"),
        ("at_version=1&at_version=2", 400, "query-parameter-repeated"),
        ("at_version=0", 400, "query-parameter-invalid"),
        ("at_version=1e9", 400, "query-parameter-invalid"),
        (f"at_version={10**30}", 400, "query-parameter-invalid"),
        ("as_of=2026-01-01T00:00:00", 400, "query-parameter-invalid"),
        ("at_version=1&as_of=2026-01-01T00:00:00Z", 400, "query-parameters-exclusive"),
        ("as_of=%00", 400, "query-parameter-invalid"),
        ("as_of=9999-12-31T23:59:59-23:59", 400, "query-parameter-invalid"),
        ("as_of=9999-12-31T23:59:59-00:01", 400, "query-parameter-invalid"),
        ("as_of=0001-01-01T00:00:00%2B00:01", 400, "query-parameter-invalid"),
    ):
        answer = await client.get(f"{petition}?{query}", headers=as_())
        assert (answer.status_code, answer.json()["code"]) == (status, code), query


async def test_a_problem_speaks_chinese_unless_english_is_preferred(client: httpx.AsyncClient) -> None:
    chinese = await client.get("/nothing")
    english = await client.get("/nothing", headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"})
    assert (chinese.json()["title"], chinese.headers["content-language"]) == ("未找到", "zh-CN")
    assert (english.json()["title"], english.headers["content-language"]) == ("Not found", "en")


HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
IN_ENGLISH = {"Accept-Language": "en"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "content-invalid"),
        ({"title": "a", "titel": "b", "jurisdiction": "x", "act_on": "y", "statement": ""}, "content-invalid"),
        ({"title": "长" * 201}, "text-too-long"),
        ({"title": "\u202e"}, "character-forbidden"),
        ({"title": "机密★1年"}, "state-secret-refused"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_content_is_told_in_one_language(
    client: httpx.AsyncClient, command: As, body: object, code: str
) -> None:
    chinese = await client.post(FILE, json=body, headers=command())
    english = await client.post(FILE, json=body, headers={**command(), **IN_ENGLISH})
    assert chinese.json()["code"] == english.json()["code"] == code
    assert english.headers["content-language"] == "en"
    for zh, en in zip(chinese.json()["errors"], english.json()["errors"], strict=True):
        assert (zh["pointer"], zh["code"]) == (en["pointer"], en["code"])
        assert HAN.search(zh["detail"]), zh
        assert not HAN.search(en["detail"]), en


@pytest.mark.parametrize("query", ["limit=1_0", "limit=0", "parity=%07"])
async def test_what_is_wrong_with_a_query_is_told_in_one_language(
    client: httpx.AsyncClient, as_: As, query: str
) -> None:
    answer = await client.get(f"/intake/v1/numbers?{query}", headers={**as_(), **IN_ENGLISH})
    assert (answer.status_code, answer.json()["code"]) == (400, "query-parameter-invalid")
    assert [HAN.findall(fault["detail"]) for fault in answer.json()["errors"]] == [[]]


@pytest.mark.parametrize(
    ("rejected", "told"),
    [
        (Rejected("date-in-future", "所填日期晚于今天。", pointer="/on"), "The date lies in the future."),
        (
            Rejected("retention-running", "保管期限至2031-01-01届满，此前不能清除。", named="2031-01-01"),
            "The retention of the volume has not ended: 2031-01-01.",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else given.code,
)
def test_a_rejection_is_told_in_english_with_what_it_names(rejected: Rejected, told: str) -> None:
    problem = _rejected(rejected)
    assert (problem.body("zh", None).detail, problem.body("en", None).detail) == (rejected.detail, told)
    assert [fault.detail for fault in problem.body("en", None).errors or []] == [told] * (rejected.pointer is not None)


def test_what_a_rejection_names_in_chinese_it_names_in_english() -> None:
    """A detail that is put together has to say in `named` what was put in; the catalogue alone would not tell it."""
    made = [call for source in SOURCES for call in ast.walk(ast.parse(source.read_text("utf-8"))) if _rejects(call)]
    assert len(made) > 100
    for call in made:
        composed = [part for each in call.args[1:] for part in ast.walk(each) if isinstance(part, ast.FormattedValue)]
        assert not composed or "named" in {given.arg for given in call.keywords}, ast.unparse(call)


def _rejects(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rejected"


def test_every_code_has_a_whole_sentence_in_english() -> None:
    for code, entry in catalogue().items():
        assert not HAN.search(entry.english()), code
        assert not HAN.search(entry.remedy("en")), code
        assert entry.english().endswith("."), code


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("de, fr;q=0.9", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh;q=0.1, en-US;q=0.2", "en"),
        ("en;q=0", "zh"),
        ("en;q=abc", "zh"),
        ("en;q=nan", "zh"),
        ("," * 10_000 + "en", "zh"),
    ],
)
def test_the_language_follows_the_weights(header: str | None, language: str) -> None:
    assert preferred(header) == language


async def test_every_problem_has_a_page(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/problems")).json()["items"]
    assert [item["code"] for item in listed] == list(catalogue())
    for code, entry in catalogue().items():
        answer = await client.get(f"/problems/{code}")
        assert answer.status_code == 200
        assert answer.json()["status"] == entry.status
        assert answer.json()["remedy_zh"]
        assert answer.json()["remedy_en"]
    page = await client.get("/problems/etag-stale", headers={"Accept": "text/html"})
    assert "内容已被更新" in page.text
    assert (await client.get("/problems/nothing")).status_code == 404
