"""The error catalogue for people: /problems and /problems/<code> in Chinese and English, to be read and printed.

Whoever asks for HTML gets a page that needs no other file and no script; everybody else gets JSON. Both are made of
problems.yaml alone.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import escape
from http import HTTPStatus
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from shared.web.catalogue import Entry, catalogue
from shared.web.language import Language, preferred
from shared.web.problems import Problem

_STYLE = """
body { font: 16px/1.6 "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1 small, td:first-child { font-family: ui-monospace, monospace; font-weight: normal; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #bbb; padding: .3rem .6rem; text-align: left; vertical-align: top; }
dt { font-weight: bold; } dd { margin: 0 0 1rem 0; }
tr, section { break-inside: avoid; }
@media print { nav { display: none; } body { margin: 0; max-width: none; }
  a { color: inherit; text-decoration: none; } }
"""
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'"
)
_WORDS = {
    "zh": {"all": "错误代码", "remedy": "处理办法", "rule": "依据", "status": "状态码", "docs": "接口文档"},
    "en": {"all": "Problem codes", "remedy": "What to do", "rule": "Rule", "status": "Status", "docs": "API"},
}
_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


def problem_routes(service: str) -> APIRouter:
    """Return /problems and /problems/{code}."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/problems")
    async def problems(request: Request) -> Response:
        return _answer(
            request,
            lambda: {"items": [_told(code, entry) for code, entry in catalogue().items()]},
            lambda language: _list(service, language),
        )

    @routes.get("/problems/{code}")
    async def problem(code: str, request: Request) -> Response:
        entry = catalogue().get(code)
        if entry is None:
            raise Problem("not-found")
        return _answer(request, lambda: _told(code, entry), lambda language: _one(code, entry, language))

    return routes


def _answer(request: Request, data: Callable[[], object], page: Callable[[Language], str]) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(data(), headers={"Vary": "Accept"})
    language = preferred(request.headers.get("accept-language"))
    headers = {"Content-Security-Policy": _POLICY, "Vary": "Accept, Accept-Language"}
    return HTMLResponse(page(language), headers=headers | {"Content-Language": _TAGS[language]})


def _told(code: str, entry: Entry) -> dict[str, object]:
    return {"type": f"/problems/{code}", "code": code, **entry.told()}


def _one(code: str, entry: Entry, first: Language) -> str:
    parts = "".join(_section(entry, language) for language in _both(first))
    title = escape(entry.title(first))
    back = f'<nav><a href="/problems">{_WORDS[first]["all"]}</a></nav>'
    return _page(first, title, f"{back}<h1>{title} <small>{code} · HTTP {entry.status}</small></h1>{parts}")


def _section(entry: Entry, language: Language) -> str:
    words = _WORDS[language]
    rule = f"<dt>{words['rule']}</dt><dd>{escape(entry.reference)}</dd>" if entry.reference else ""
    return (
        f'<section lang="{_TAGS[language]}"><h2>{escape(entry.title(language))}</h2><dl><dt>{words["remedy"]}</dt>'
        f"<dd>{escape(entry.remedy(language))}</dd>{rule}</dl></section>"
    )


def _list(service: str, first: Language) -> str:
    words = _WORDS[first]
    by_status = groupby(sorted(catalogue().items(), key=lambda item: item[1].status), key=lambda item: item[1].status)
    tables = "".join(
        f"<h2>{status} {HTTPStatus(status).phrase}</h2><table>{''.join(_row(code, entry) for code, entry in entries)}"
        "</table>"
        for status, entries in by_status
    )
    docs = f'<nav><a href="/{service}/docs">{words["docs"]}</a></nav>'
    return _page(first, words["all"], f"{docs}<h1>{words['all']}</h1>{tables}")


def _row(code: str, entry: Entry) -> str:
    titles = "".join(f'<td lang="{_TAGS[language]}">{escape(entry.title(language))}</td>' for language in _both("zh"))
    return f'<tr><td><a href="/problems/{code}">{code}</a></td>{titles}</tr>'


def _both(first: Language) -> tuple[Language, Language]:
    return ("zh", "en") if first == "zh" else ("en", "zh")


def _page(language: Language, title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="{_TAGS[language]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
