"""A TCP proxy before PostgreSQL that cuts a connection at the worst moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Moment = Literal["before-request", "before-answer"]

READY = b"Z\x00\x00\x00\x05I"  # ReadyForQuery, idle: whatever was asked has been committed


class Proxy:
    """Forwards to one server; `cut` arms it for the next request on any connection."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._armed: Moment | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.cuts = 0

    def cut(self, moment: Moment) -> None:
        """Lose the next request before the server has it, or its answer after the server has committed."""
        self._armed = moment

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one client's connection until one side closes or it is cut."""
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        ways = {
            asyncio.create_task(self._forward(reader, up_writer, "before-request")),
            asyncio.create_task(self._forward(up_reader, writer, "before-answer")),
        }
        self._tasks |= ways
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in rest:
            way.cancel()
        for end in (writer, up_writer):
            end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moment: Moment) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._armed == moment and (moment == "before-request" or READY in data):
                    self._armed = None
                    self.cuts += 1
                    return
                if self._armed != moment or moment == "before-request":
                    writer.write(data)
                    await writer.drain()


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Yield a proxy before the server of `dsn`, and the DSN that leads through it."""
    parts = urlsplit(dsn)
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    userinfo = parts.netloc.rpartition("@")[0]
    yield proxy, urlunsplit((parts.scheme, f"{userinfo}@127.0.0.1:{port}", parts.path, parts.query, ""))
    server.close()
