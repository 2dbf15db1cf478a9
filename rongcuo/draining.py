"""What a server answers between the signal to stop and its end: all that it has taken, and nothing new."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import Problem, problem_response
from shared.web.shell import Shell

LINGER_S = 1.0
_LOOK_S = 0.05
_OPEN = {"/healthz", "/version"}


class Draining:
    """ASGI application around the whole one.

    Once `stop` is set: requests under way are answered, and their connections closed; /readyz says 503 at once, so that
    the entrance sends nobody here; everything else gets 503 with Retry-After, before anything was read or written: a
    client may repeat it anywhere with the same Idempotency-Key.
    """

    def __init__(self, app: ASGIApp, stop: asyncio.Event) -> None:
        self._app, self._stop = app, stop
        self._refusal = Shell(_refuse)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["leaving"] = self._stop.is_set  # for answers without an end
        stopping = self._stop.is_set() and scope["path"] not in _OPEN
        self._under_way += 1
        try:
            await (self._refusal if stopping else self._app)(scope, receive, self._last(send))
        finally:
            self._under_way -= 1

    def _last(self, send: Send) -> Send:
        """Return a `send` that closes the connection behind an answer which begins after the signal."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and self._stop.is_set():
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        return sending

    async def finished(self, connected: Callable[[], bool], within_s: float) -> None:
        """Return when nothing is under way, or after `within_s` seconds.

        While somebody is still connected we linger a moment: the next request on that connection gets an answer
        instead of a reset, which would leave its fate open. Uvicorn tells nobody that a connection has ended.
        """
        now = asyncio.get_running_loop().time
        began = now()
        while (since := now() - began) < within_s and (self._under_way or (connected() and since < LINGER_S)):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope)
    if scope["path"] == "/readyz":
        answer = JSONResponse({"status": "stopping", "checks": {}}, 503)
    else:
        answer = problem_response(request, Problem("log-overloaded", headers={"Retry-After": "1"}))
    await answer(scope, receive, send)
