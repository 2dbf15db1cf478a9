"""What operators need without a token: health, readiness, version."""

import asyncio
import logging
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shared.web.resources import Check, resources

CHECK_WITHIN_S = 2.0

logger = logging.getLogger(__name__)
_failing: dict[str, str] = {}
"""Why each check that fails does so, to be told once and not at every probe."""


def operations_routes(service: str, version: str) -> APIRouter:
    """Return /healthz, /readyz and /version."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/version")
    async def version_() -> dict[str, str]:
        return {"service": service, "version": version, "api": "v1"}

    routes.add_api_route("/readyz", _readyz)
    return routes


async def _readyz(request: Request) -> JSONResponse:
    return await readiness(resources(request).checks)


async def readiness(checks: Mapping[str, Check]) -> JSONResponse:
    """Ask every check, side by side; 503 unless all of them hold."""
    answers = await asyncio.gather(*(_holds(name, check) for name, check in checks.items()))
    ready = all(answers)
    status = {"status": "ok" if ready else "unavailable", "checks": dict(zip(checks, answers, strict=True))}
    return JSONResponse(status, 200 if ready else 503)


async def _holds(name: str, check: Check) -> bool:
    """A check that raises or takes too long has failed."""
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            held = await check()
    except Exception as error:
        held, why = False, type(error).__name__
    else:
        why = "it says so itself"
    if held:
        _failing.pop(name, None)
    elif _failing.get(name) != why:
        _failing[name] = why
        logger.warning("not ready: %s (%s)", name, why)
    return held
