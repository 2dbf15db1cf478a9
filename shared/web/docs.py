"""The documentation pages of a service; they work without the internet, nothing is loaded from elsewhere."""

import json
from collections.abc import Awaitable, Callable
from importlib.resources import files
from string import Template

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
_PAGE = Template("""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="$base/favicon.png">
<link rel="stylesheet" href="$base/swagger-ui.css">
</head>
<body>
<nav><a href="/problems">错误代码 Problem codes</a></nav>
<div id="swagger-ui"></div>
<script src="$base/swagger-ui-bundle.js"></script>
<script src="$base/start.js"></script>
</body>
</html>
""")
_START = Template("""SwaggerUIBundle({
  url: $url, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, persistAuthorization: false,
});
""")


def docs_routes(service: str, title: str) -> APIRouter:
    """Return the pages /<service>/docs and /<service>/docs/<asset>."""
    base = f"/{service}/docs"
    page = _PAGE.substitute(title=title, base=base)
    start = _START.substitute(url=json.dumps(f"/{service}/openapi.json"))
    routes = APIRouter(include_in_schema=False)

    @routes.get(base)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    @routes.get(f"{base}/start.js")
    async def start_script() -> Response:
        return Response(start, media_type="text/javascript")

    for name, media_type in _ASSETS.items():
        routes.add_api_route(f"{base}/{name}", _asset(name, media_type), name=name)
    return routes


def _asset(name: str, media_type: str) -> Callable[[], Awaitable[FileResponse]]:
    path = str(files("fastapi_offline") / "static" / name)

    async def asset() -> FileResponse:
        return FileResponse(path, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})

    return asset
