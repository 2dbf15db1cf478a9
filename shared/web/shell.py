"""The outermost layer of every answer: ids, headers, HEAD, access log and the last resort against errors.

What a request's own state holds as `told` (pairs of bytes) becomes headers of its answer, whatever that answer is.
Neither bodies nor query strings nor texts of exceptions get into a log; an error is told by its type and its frames.
"""

import logging
import traceback
from collections.abc import Iterator
from time import perf_counter

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import Problem, problem_response
from shared.web.resources import Resources
from shared.web.tracing import request_id

_ACCESS = logging.getLogger("rongcuo.access")
_ERRORS = logging.getLogger("rongcuo.errors")
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class AnswerBroken(Exception):
    """An answer failed after it had begun; the connection is cut so that nobody takes it for complete."""


class Shell:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; everything but HTTP passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        began = perf_counter()
        try:
            await self._app(exchange.scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = 499
        except Exception as error:
            await exchange.fail(error)
        finally:
            exchange.log(perf_counter() - began)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.trace_id = str(request_id(Headers(scope=scope)))
        self.head = scope["method"] == "HEAD"
        state = {**scope.get("state", {}), "trace_id": self.trace_id}
        self.scope = {**scope, "state": state, "method": "GET" if self.head else scope["method"]}
        self.method = scope["method"]
        self.status = 0
        self._hsts = _hsts(scope)
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            told = self.scope["state"].get("told", ())
            headers = [*message.get("headers", ()), *told, *self._hsts, (b"x-request-id", self.trace_id.encode())]
            given = {name for name, _ in headers}
            message = {**message, "headers": headers + [header for header in _HEADERS if header[0] not in given]}
        elif self.head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        _ERRORS.error("%s\n%s", " <- ".join(_names(error)), "".join(_frames(error)), extra={"trace_id": self.trace_id})
        if self.status:
            raise AnswerBroken(self.trace_id) from None
        request = Request(self.scope)
        await problem_response(request, Problem("internal-error"))(self.scope, request.receive, self.send)

    def log(self, seconds: float) -> None:
        path = self._template()
        told = {"trace_id": self.trace_id, "method": self.method, "path": path, "status": self.status}
        _ACCESS.info(
            "%s %s %d %.1f ms %s",
            self.method,
            path,
            self.status,
            seconds * 1000,
            self.trace_id,
            extra={**told, "seconds": seconds},
        )

    def _template(self) -> str:
        """The path with the names of its parameters in braces, as its route has it; `-` where no route answers."""
        route = self.scope.get("route")
        if route is None:
            return "-"
        template, steps = route.path_format.split("/"), self.scope["path"].split("/")
        return "/".join(steps[: 1 - len(template)] + template[1:])  # before the route's own path stands its prefix


def _hsts(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the header that keeps browsers to HTTPS, if the operator says that all of the host is behind TLS."""
    held: Resources | None = getattr(getattr(scope.get("app"), "state", None), "resources", None)
    if held is None or not held.hsts_days:
        return []
    return [(b"strict-transport-security", b"max-age=%d" % (held.hsts_days * 86_400))]


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _names(error: BaseException) -> list[str]:
    return [f"{type(link).__module__}.{type(link).__qualname__}" for link in _chain(error)]


def _frames(error: BaseException) -> list[str]:
    return [frame for link in _chain(error) for frame in traceback.format_tb(link.__traceback__)]
