"""What operators and readers of problems need without a token: health, readiness, version, problem pages."""

import asyncio
from collections.abc import Mapping
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from shared.web.catalogue import Entry, catalogue
from shared.web.language import preferred
from shared.web.problems import Problem
from shared.web.resources import Check, resources

CHECK_WITHIN_S = 2.0


def operations_routes(service: str, version: str) -> APIRouter:
    """Return /healthz, /readyz, /version, /problems and /problems/{code}."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/version")
    async def version_() -> dict[str, str]:
        return {"service": service, "version": version, "api": "v1"}

    routes.add_api_route("/readyz", _readyz)
    routes.add_api_route("/problems", _problems)
    routes.add_api_route("/problems/{code}", _problem)
    return routes


async def _readyz(request: Request) -> JSONResponse:
    return await readiness(resources(request).checks)


async def readiness(checks: Mapping[str, Check]) -> JSONResponse:
    """Ask every check, side by side; 503 unless all of them hold."""
    answers = await asyncio.gather(*(_holds(check) for check in checks.values()))
    ready = all(answers)
    status = {"status": "ok" if ready else "unavailable", "checks": dict(zip(checks, answers, strict=True))}
    return JSONResponse(status, 200 if ready else 503)


async def _holds(check: Check) -> bool:
    """A check that raises or takes too long has failed; why is told by the part's own log."""
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            return await check()
    except Exception:
        return False


async def _problems() -> dict[str, list[dict[str, object]]]:
    return {"items": [_told(code, entry) for code, entry in catalogue().items()]}


async def _problem(code: str, request: Request) -> Response:
    entry = catalogue().get(code)
    if entry is None:
        raise Problem("not-found")
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(_told(code, entry))
    language = preferred(request.headers.get("accept-language"))
    return HTMLResponse(_page(code, entry, language))


def _told(code: str, entry: Entry) -> dict[str, object]:
    return {"type": f"/problems/{code}", "code": code, **entry.told()}


def _page(code: str, entry: Entry, language: str) -> str:
    title, remedy = escape(entry.title(language)), escape(entry.remedy(language))
    return (
        f'<!DOCTYPE html><html lang="{"en" if language == "en" else "zh-CN"}"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><h1>{title}</h1><p>{code} · HTTP {entry.status}</p>"
        f"<p>{remedy}</p><p>{escape(entry.reference or '')}</p></body></html>"
    )
