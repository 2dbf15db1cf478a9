"""/asyncapi and /asyncapi.json, without a token: they tell what there is, never what was sent."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from rongcuo.asyncapi.document import document
from rongcuo.asyncapi.page import page

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600"}


def asyncapi_routes() -> list[Route]:
    """Return the routes of the document and of the page."""
    return [Route("/asyncapi", _page), Route("/asyncapi.json", _document)]


async def _page(_: Request) -> HTMLResponse:
    return HTMLResponse(page(), headers={**_HEADERS, "Content-Security-Policy": _POLICY})


async def _document(_: Request) -> JSONResponse:
    return JSONResponse(document(), headers=_HEADERS)
