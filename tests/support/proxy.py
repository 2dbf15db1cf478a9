"""A TCP proxy between two parts: it cuts at the worst moment, or slows, holds, resets and refuses connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Moment = Literal["before-request", "before-answer"]

READY = b"Z\x00\x00\x00\x05I"  # ReadyForQuery, idle: whatever was asked has been committed
HTTP = b"HTTP/1.1 "  # the beginning of an answer


class Proxy:
    """Forwards to one server. `cut` arms it for the next request on any connection; the faults last until `heal`.

    `answer` is in every piece of data that means: what was asked has been done.
    """

    def __init__(self, host: str, port: int, answer: bytes = READY) -> None:
        self._host = host
        self._port = port
        self._answer = answer
        self._armed: Moment | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._delay_s = 0.0
        self._passing = asyncio.Event()
        self._passing.set()
        self._down = False
        self.cuts = 0

    def cut(self, moment: Moment) -> None:
        """Lose the next request before the server has it, or its answer after the server has committed."""
        self._armed = moment

    def slow(self, seconds: float) -> None:
        """Keep everything back for so many seconds, in both directions."""
        self._delay_s = seconds

    def hang(self) -> None:
        """Pass nothing on, and close nothing: what arrives waits."""
        self._passing.clear()

    def reset(self) -> None:
        """Break all connections that there are."""
        for writer in self._clients:
            writer.transport.abort()

    def down(self) -> None:
        """Break all connections, and every new one, too."""
        self._down = True
        self.reset()

    def heal(self) -> None:
        """Forward as if nothing had been."""
        self._armed, self._delay_s, self._down = None, 0.0, False
        self._passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one client's connection until one side closes or it is cut."""
        if self._down:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        self._clients.add(writer)
        ways = {
            asyncio.create_task(self._forward(reader, up_writer, "before-request")),
            asyncio.create_task(self._forward(up_reader, writer, "before-answer")),
        }
        self._tasks |= ways
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._tasks -= ways
            self._clients.discard(writer)
            for way in ways:
                way.cancel()
            for end in (writer, up_writer):
                end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moment: Moment) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self._armed == moment and (moment == "before-request" or self._answer in data):
                    self._armed = None
                    self.cuts += 1
                    return
                if self._armed != moment or moment == "before-request":
                    if self._delay_s:
                        await asyncio.sleep(self._delay_s)
                    await self._passing.wait()
                    writer.write(data)
                    await writer.drain()


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Yield a proxy before the server of `dsn`, and the DSN that leads through it."""
    parts = urlsplit(dsn)
    async with listening(Proxy(parts.hostname or "127.0.0.1", parts.port or 5432)) as (proxy, port):
        userinfo = parts.netloc.rpartition("@")[0]
        yield proxy, urlunsplit((parts.scheme, f"{userinfo}@127.0.0.1:{port}", parts.path, parts.query, ""))


@asynccontextmanager
async def listening(proxy: Proxy) -> AsyncIterator[tuple[Proxy, int]]:
    """Let `proxy` listen on a port of its own, and yield both; at the end its connections break."""
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        proxy.down()
