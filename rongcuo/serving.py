"""Runs HTTP applications and workers in this process until a signal says stop.

From then on what is under way is finished, what is new is refused (`rongcuo.draining`), and the process has left when
its grace time is over, whatever hangs: what was acknowledged is stored, so that leaving late is worth nothing.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from rongcuo.draining import Draining
from rongcuo.memory import settle
from shared.hosting.worker import Worker
from shared.web.operations import readiness
from shared.web.sandbox import Sandbox

GRACE_S = 25.0
_OF_GRACE = 0.8  # what is not finished then is given up; the rest of the grace time is for closing connections
_CUT_S = 1  # uvicorn waits so long before it cancels what is still being answered

logger = logging.getLogger(__name__)


class StoppedEarly(Exception):
    """The process was told to stop before it was ready."""


class NotFinished(RuntimeError):
    """Something was not finished within the grace time and was given up."""

    def __init__(self, grace_s: float) -> None:
        super().__init__(f"not finished within {grace_s:g} s: given up, what was acknowledged is stored")


class NotListening(RuntimeError):
    """The address is taken, is not of this machine, or may not be had by this user."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        why = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else "no such address"
        super().__init__(f"cannot listen on {host}:{port}: {why}")


class _Server(uvicorn.Server):
    """A server whose end is decided by us: signals stop the workers, too."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started:
            self._announce(f"http://{self.config.host}:{self.config.port}")

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class Part(Protocol):
    """Something that runs beside the application."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""
        ...


async def serve(
    app: Starlette,
    parts: Sequence[Part],
    host: str,
    port: int,
    stop: asyncio.Event,
    announce: Callable[[str], None],
    grace_s: float = GRACE_S,
    *,
    sandbox: bool = False,
) -> None:
    """Serve `app` and run `parts` until `stop` is set; one that fails ends all of them.

    With `sandbox` every answer says that it comes from one. Raises StoppedEarly when `stop` is set before `app` is
    ready, NotListening before any part runs, NotFinished when something had to be given up.
    """
    async with AsyncExitStack() as opened:
        async with starting(stop):
            await opened.enter_async_context(app.router.lifespan_context(app))
        settle()
        limit = asyncio.timeout(None)
        try:
            async with limit:
                await _serve(
                    app, parts, _config(host, port, sandbox=sandbox), stop, announce, limit, grace_s * _OF_GRACE
                )
        except TimeoutError:
            if limit.expired():
                raise NotFinished(grace_s) from None
            raise


async def _serve(
    app: ASGIApp,
    parts: Sequence[Part],
    config: Callable[[ASGIApp], uvicorn.Config],
    stop: asyncio.Event,
    announce: Callable[[str], None],
    limit: asyncio.Timeout,
    patience_s: float,
) -> None:
    draining = Draining(app, stop)
    server = _Server(config(draining), announce)
    # Before the parts run, and not by uvicorn, which would end this process in their midst when it cannot.
    with _listen(server.config) as listening:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part.run(stop))
            serving = group.create_task(server.serve([listening]))
            serving.add_done_callback(lambda _: stop.set())
            await stop.wait()
            limit.reschedule(asyncio.get_running_loop().time() + patience_s)
            await draining.finished(lambda: bool(server.server_state.connections), patience_s - 2 * _CUT_S)
            server.should_exit = True


def _listen(config: uvicorn.Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=config.backlog)
    except OSError as error:
        raise NotListening(config.host, config.port, error) from None


def _config(host: str, port: int, *, sandbox: bool) -> Callable[[ASGIApp], uvicorn.Config]:
    def config(app: ASGIApp) -> uvicorn.Config:
        return uvicorn.Config(
            Sandbox(app) if sandbox else app,
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            log_config=None,
            ws="none",  # nobody here speaks it, and uvicorn logs the addresses of those who try
            timeout_graceful_shutdown=_CUT_S,
        )

    return config


def health(workers: Sequence[Worker]) -> Starlette:
    """Return the application of a process that only works: /healthz and /readyz."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        return await readiness({f"worker.{worker.name}": worker.healthy for worker in workers})

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz)])


def run(work: Coroutine[None, None, None]) -> None:
    """Run `work` on the fastest event loop there is here; to be stopped early is a good end, too."""
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        try:
            runner.run(work)
        except StoppedEarly:
            logger.info("stopped before it was ready")


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where there is one; it is not made for every system."""
    return getattr(import_module("uvloop"), "new_event_loop", None) if find_spec("uvloop") else None


@asynccontextmanager
async def starting(stop: asyncio.Event) -> AsyncIterator[None]:
    """Give up what is done in this context when `stop` is set, and raise StoppedEarly."""
    limit, now = asyncio.timeout(None), asyncio.get_running_loop().time

    async def watch() -> None:
        await stop.wait()
        limit.reschedule(now())

    watching = asyncio.create_task(watch())
    try:
        async with limit:
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError:
        if limit.expired():
            raise StoppedEarly from None
        raise


@asynccontextmanager
async def until_signalled(grace_s: float = GRACE_S) -> AsyncIterator[asyncio.Event]:
    """Give an event that SIGTERM and SIGINT set; a process that has not left `grace_s` after it is set is ended.

    Another signal changes nothing: it neither shortens the leaving nor begins it anew.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    last = threading.Timer(grace_s, _end, [grace_s])
    last.daemon = True  # a thread, because a loop that hangs keeps no time; it waits until the process has gone

    async def watch() -> None:
        await stop.wait()
        last.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watching = asyncio.create_task(watch())
    try:
        yield stop
    finally:
        watching.cancel()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # whoever asks again while we leave does not cut the leaving short


def _end(grace_s: float) -> None:
    """End this process as a power cut does: nothing is lost, because nothing unstored was ever acknowledged."""
    print(f"rongcuo: {NotFinished(grace_s)}", file=sys.stderr, flush=True)
    os._exit(1)
