"""UmaDB: its own server from the wheel, its synchronous client in threads; consistency by tag and position."""

import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID

import orjson
import umadb

from bench.machine import versions
from bench.store.events import METADATA, TYPE, bodies
from bench.store.fills import STREAM_DEPTH
from bench.store.port import PAGE, Address, Appended, Body, Conflict, Delivered, Place, Servers, Unavailable
from bench.store.workload import filled_stream
from rongcuo.embedded.process import free_port, start_process, stop_process
from shared.kernel.ids import new_id

_START_S = 10.0


class UmadbWriter:
    """Appends on the condition that nothing with the stream's tag stands after the position that is known."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def append(self, stream: str, expected: int, batch: Sequence[Body]) -> Appended:
        """Append in one request; the token is the position of the last event."""
        ids = [new_id() for _ in batch]
        events = [_event(event, stream, body) for event, body in zip(ids, batch, strict=True)]
        condition = umadb.AppendCondition(fail_if_events_match=_of(stream), after=expected or None)
        try:
            position = self._client.append(events, condition=condition)
        except umadb.IntegrityError as error:
            raise Conflict from error
        return Appended(position, tuple(map(str, ids)))

    async def token(self, stream: str, known: int) -> int:
        """Ask for the last event of the stream."""
        last = list(self._client.read(query=_of(stream), backwards=True, limit=1))
        return int(last[0].position) if last else known


class UmadbReader:
    """Reads from the position after the last one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._start = 1

    async def page(self) -> list[Delivered]:
        """Return the next page."""
        page = list(self._client.read(start=self._start, limit=PAGE))
        if page:
            self._start = page[-1].position + 1
        return [Delivered(str(one.event.uuid), one.event.tags[0], one.position) for one in page]


class Umadb:
    """UmaDB with the settings that its server has by default: a batch is synced before it is acknowledged."""

    key = "umadb"
    title = "UmaDB"
    blocking = True
    replay_kinds = (("feed", "UmaDB, read, as stored bytes"),)

    def versions(self) -> dict[str, str]:
        """Return the version of the wheel."""
        return versions("umadb")

    def command(self, role: str) -> list[str]:
        """Return the command of a client process."""
        return [sys.executable, "-m", "bench.store.client", role, self.key]

    async def prepare(self, servers: Servers) -> None:
        """Start it once; raises Unavailable."""
        async with self.fresh(servers):
            pass

    @asynccontextmanager
    async def fresh(self, servers: Servers) -> AsyncIterator[Place]:
        """Run a server on an empty directory."""
        directory = Path(mkdtemp(prefix="umadb-", dir=servers.directory))
        listen = f"127.0.0.1:{free_port()}"
        process = start_process(
            [Path(sys.executable).with_name("umadb"), "--listen", listen, "--db-path", directory],
            directory=directory,
            log=servers.directory / "umadb.log",
            environment={"PATH": os.defpath},
            death_signal=signal.SIGTERM,
        )
        try:
            url = f"http://{listen}"
            _wait_for(url)
            yield Place({"url": url}, process.pid, wal=False)
        finally:
            stop_process(process, signal.SIGTERM)

    async def stored(self, address: Address) -> list[Delivered]:
        """Return everything, read at once."""
        with umadb.Client(address["url"]) as client:
            return [Delivered(str(one.event.uuid), one.event.tags[0], one.position) for one in client.read()]

    async def fill(self, address: Address, events: int) -> None:
        """Put so many events into an empty store, a thousand in one request, ten to a stream."""
        content = bodies()
        with umadb.Client(address["url"]) as client:
            for first in range(0, events, PAGE):
                numbers = range(first, min(first + PAGE, events))
                client.append([_event(new_id(), filled_stream(n // STREAM_DEPTH), next(content)) for n in numbers])

    async def replays(self, address: Address, kind: str) -> AsyncIterator[int]:  # noqa: ARG002
        """Yield the sizes of the batches of one read of everything."""
        with umadb.Client(address["url"]) as client:
            response = client.read()
            while batch := response.next_batch():
                yield len(batch)

    @asynccontextmanager
    async def writer(self, address: Address, callers: int) -> AsyncIterator[UmadbWriter]:  # noqa: ARG002
        """Open one client, which all threads share."""
        with umadb.Client(address["url"]) as client:
            yield UmadbWriter(client)

    @asynccontextmanager
    async def reader(self, address: Address) -> AsyncIterator[UmadbReader]:
        """Open one client."""
        with umadb.Client(address["url"]) as client:
            yield UmadbReader(client)


def _event(event: UUID, stream: str, body: Body) -> Any:
    return umadb.Event(event_type=TYPE, data=orjson.dumps(body), tags=[stream], uuid=event, metadata=METADATA)


def _of(stream: str) -> Any:
    return umadb.Query(items=[umadb.QueryItem(tags=[stream])])


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            with umadb.Client(url) as client:
                client.head()
                return
        except Exception as error:
            if time.monotonic() > deadline:
                raise Unavailable(f"the server did not answer within {_START_S:.0f} s") from error
            time.sleep(0.05)


STORES = (Umadb(),)
