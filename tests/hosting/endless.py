"""A server of the tests whose one answer never ends: `python -m tests.hosting.endless --port PORT`."""

import asyncio
import sys
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from rongcuo import serving
from tests.story.processes import HOST

GRACE_S = 4.0


async def _lines() -> AsyncIterator[bytes]:
    while True:
        yield b"one more\n"
        await asyncio.sleep(0.05)


async def _endless(_: Request) -> Response:
    return StreamingResponse(_lines())


async def _ready(_: Request) -> Response:
    return JSONResponse({})


async def _main(port: int) -> None:
    app = Starlette(routes=[Route("/endless", _endless), Route("/readyz", _ready)])
    async with serving.until_signalled(GRACE_S) as stop:
        await serving.serve(app, [], HOST, port, stop, print, GRACE_S)


if __name__ == "__main__":
    serving.run(_main(int(sys.argv[-1])))
