"""What the models refuse, told as problems: where and why, never the value."""

from collections.abc import Iterator
from typing import Any

from fastapi.exceptions import RequestValidationError

from shared.web.problems import Problem, Wrong
from shared.web.strict_json import pointer_step

_MOST = 20
INVALID = ("value-invalid", "取值不符合要求", "The value is not one that may stand here")
# pydantic's error type → our code and its texts; what is not listed is `value-invalid`
_FAULTS = {
    "missing": ("member-missing", "缺少必填项", "A required member is missing"),
    "extra_forbidden": ("member-unknown", "未定义的项", "The member is not defined"),
    "string_too_long": ("text-too-long", "文本过长", "The text is too long"),
    "string_too_short": ("text-blank", "文本为空", "The text is empty"),
    "string_pattern_mismatch": ("text-form", "文本格式不符", "The text does not have the form required"),
    "too_long": ("too-many", "项数过多", "Too many items"),
    "too_short": ("too-few", "项数不足", "Too few items"),
    "enum": ("choice-unknown", "不在可选值之内", "The value is none of the choices"),
    "literal_error": ("choice-unknown", "不在可选值之内", "The value is none of the choices"),
}


def problem_of(error: RequestValidationError) -> Problem:
    """Return the problem: an unreadable id in the path is 404, a query parameter or header 400, content 422."""
    kinds = {item["loc"][0] for item in error.errors()}
    if "path" in kinds:
        return Problem("not-found")
    if "query" in kinds:
        return Problem("query-parameter-invalid", errors=_named(error, "query", "?"))
    if kinds & {"header", "cookie"}:
        return Problem("header-invalid", errors=_named(error, "header", ""))
    faults = [_fault(item, error.body) for item in error.errors()[:_MOST]]
    code = "text-too-long" if {fault.code for fault in faults} == {"text-too-long"} else "content-invalid"
    return Problem(code, errors=faults)


def _named(error: RequestValidationError, kind: str, mark: str) -> list[Wrong]:
    return [
        Wrong(f"{mark}{item['loc'][1]}", *INVALID)
        for item in error.errors()[:_MOST]
        if item["loc"][0] == kind and len(item["loc"]) > 1
    ]


def _fault(item: dict[str, Any], body: Any) -> Wrong:
    return Wrong("".join(_steps(item["loc"][1:], body)), *_FAULTS.get(item["type"], INVALID))


def _steps(loc: tuple[str | int, ...], body: Any) -> Iterator[str]:
    """Yield the steps that lead through the body, leaving out pydantic's own marks (union members, functions)."""
    for depth, name in enumerate(loc, 1):
        if _leads(name, body):
            body = body[name]
            yield pointer_step(name)
        elif depth == len(loc) and isinstance(body, dict):
            yield pointer_step(name)


def _leads(name: str | int, body: Any) -> bool:
    if isinstance(body, dict):
        return name in body
    return isinstance(body, list) and isinstance(name, int) and name < len(body)
