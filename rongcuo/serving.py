"""Runs HTTP applications and workers in this process until a signal says stop; what is under way is finished."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from socket import socket
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared.hosting.worker import Worker
from shared.web.operations import readiness

GRACE_S = 20


class _Server(uvicorn.Server):
    """A server whose end is decided by us: signals stop the workers, too."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket] | None = None) -> None:
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
    app: ASGIApp,
    parts: Sequence[Part],
    host: str,
    port: int,
    stop: asyncio.Event,
    announce: Callable[[str], None],
) -> None:
    """Serve `app` and run `parts` until `stop` is set; one that fails ends all of them."""
    config = uvicorn.Config(
        app, host=host, port=port, lifespan="on", access_log=False, log_config=None, timeout_graceful_shutdown=GRACE_S
    )
    server = _Server(config, announce)
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part.run(stop))
        serving = group.create_task(server.serve())
        serving.add_done_callback(lambda _: stop.set())
        await stop.wait()
        server.should_exit = True


def health(workers: Sequence[Worker]) -> ASGIApp:
    """Return the application of a process that only works: /healthz and /readyz."""

    async def healthz(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        return await readiness({f"worker.{worker.name}": worker.healthy for worker in workers})

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz)])


def run(work: Coroutine[None, None, None]) -> None:
    """Run `work` on the fastest event loop there is here."""
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(work)


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where there is one; it is not made for every system."""
    return getattr(import_module("uvloop"), "new_event_loop", None) if find_spec("uvloop") else None


@asynccontextmanager
async def until_signalled() -> AsyncIterator[asyncio.Event]:
    """Give an event that SIGTERM and SIGINT set."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # whoever asks again while we leave does not cut the leaving short
