"""The catalogue and the code agree: no refusal without a page, no page without a refusal."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.web.catalogue import Entry, catalogue
from shared.web.openapi import refusals

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")]
REFUSALS = {"Rejected", "Problem", "InvalidToken"}


def nodes() -> Iterator[ast.AST]:
    for path in SOURCES:
        yield from ast.walk(ast.parse(path.read_text()))


def refused() -> set[str]:
    """Codes that stand as the first argument of a refusal."""
    return {
        argument.value
        for call in nodes()
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in REFUSALS
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_every_code_that_is_answered_is_in_the_catalogue() -> None:
    assert refused() - set(catalogue()) == set()


def test_every_code_of_the_catalogue_is_used() -> None:
    texts = {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(catalogue()) - texts == set()


@pytest.mark.parametrize("code", catalogue())
def test_a_code_is_kebab_case_and_told_in_both_languages(code: str) -> None:
    entry = catalogue()[code]
    assert code.islower()
    assert code.replace("-", "").isalnum()
    for text in (entry.title("zh"), entry.title("en"), entry.remedy("zh"), entry.remedy("en")):
        assert text.strip() == text != ""
    assert not entry.title("zh").isascii()
    assert entry.title("en").replace("…", "").isascii()


def test_a_remedy_is_given_in_both_languages_or_in_none() -> None:
    assert [code for code, entry in catalogue().items() if (entry.remedy_zh is None) != (entry.remedy_en is None)] == []


def test_a_remedy_of_its_own_goes_before_that_of_the_status() -> None:
    own = Entry(status=409, title_zh="标题", title_en="Title", remedy_zh="办法", remedy_en="Way")
    assert (own.remedy("zh"), own.remedy("en")) == ("办法", "Way")


def test_every_code_with_a_condition_is_in_the_catalogue() -> None:
    assert set(refusals._WHEN) <= set(catalogue())
