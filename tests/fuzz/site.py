"""The four services with their workers behind one real port, in a thread of their own."""

import asyncio
import secrets
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from rongcuo.demo.story import Cast
from rongcuo.embedded.process import free_port
from rongcuo.platform import application, workers
from rongcuo.serving import serve
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import SERVICES, Databases
from shared.hosting.installation import Installation
from shared.kernel.clock import utc_now
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings

T = TypeVar("T")
_PATIENCE_S = 60
_AHEAD = timedelta(days=365 * 31)


def much_later() -> datetime:
    """Return the services' time: retention of what the story puts on the shelf in 2022 is over."""
    return utc_now() + _AHEAD


@dataclass(frozen=True)
class Site:
    """`address` is where the services answer, `cast` who may call them; `run` waits for what the story does."""

    address: str
    cast: Cast
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine beside the services and return its result."""
        return asyncio.run_coroutine_threadsafe(story, self.loop).result(_PATIENCE_S)


@contextmanager
def serving(databases: Databases, place: Path) -> Iterator[Site]:
    """Serve all services on `databases`, with secrets below `place`, without budgets of requests."""
    opened: Future[Site] = Future()
    ended: Future[None] = Future()

    def body() -> None:
        try:
            ended.set_result(asyncio.run(_serve(databases, place, opened)))
        except BaseException as error:
            ended.set_exception(error)
            if not opened.done():
                opened.set_exception(error)

    thread = threading.Thread(target=body, name="services")
    thread.start()
    try:
        site = opened.result(_PATIENCE_S)
        try:
            yield site
        finally:
            with suppress(RuntimeError):  # the services have failed by themselves, which `ended` tells
                site.loop.call_soon_threadsafe(site.stop.set)
        ended.result(_PATIENCE_S)
    finally:
        thread.join(_PATIENCE_S)


async def _serve(databases: Databases, place: Path, opened: Future[Site]) -> None:
    issuer = DevelopmentIssuer(place)
    unlimited = Settings(data=place, rate_reads=0, rate_commands=0, rate_exports=0, rate_refusals=0, stream_s=1)
    installation = Installation(
        settings=unlimited,
        given=databases,
        verifier=TokenVerifier(issuer.trusted()),
        key_service=FileKeyService.at(place / "kek"),
        rulebook=load_rulebook(),
        secret=secrets.token_bytes(32),
        clock=much_later,
    )
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    async with workers(installation, SERVICES) as running, httpx.AsyncClient(timeout=_PATIENCE_S) as http:
        app = application(installation, SERVICES, running)

        def announce(address: str) -> None:
            cast = Cast.assemble(http, dict.fromkeys(SERVICES, address), issuer.token)
            opened.set_result(Site(address, cast, loop, stop))

        await serve(app, running, "127.0.0.1", free_port(), stop, announce)
