"""message-db: functions in PostgreSQL that write one message under a lock per category; driven with asyncpg."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import orjson

from bench.store.databases import OnPostgres, execute
from bench.store.events import METADATA, TYPE
from bench.store.fills import MESSAGE_DB as FILL
from bench.store.fills import fill
from bench.store.node import MESSAGE_DB, package
from bench.store.port import CATEGORY, PAGE, Address, Appended, Body, Conflict, Delivered
from shared.kernel.ids import new_id

MOST_CONNECTIONS = 32
_METADATA = orjson.dumps(METADATA).decode()
_WRITE = "SELECT write_message($1, $2, $3, $4, $5, $6)"
# The order of its install.sh, without its views, and without pgcrypto: gen_random_uuid() is PostgreSQL's own since 13.
_FUNCTIONS = (
    *("message-store-version", "hash-64", "acquire-lock", "category", "is-category", "id", "cardinal-id"),
    *("stream-version", "write-message", "get-stream-messages", "get-category-messages", "get-last-stream-message"),
)
_SCRIPTS = (
    *("schema/message-store", "tables/messages", "types/message"),
    *(f"functions/{name}" for name in _FUNCTIONS),
    *(f"indexes/messages-{name}" for name in ("id", "stream", "category")),
)

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


@dataclass(frozen=True)
class MessageDbWriter:
    """One call per message, on a connection of a pool; several messages in one implicit transaction."""

    pool: Pool

    async def append(self, stream: str, expected: int, bodies: Sequence[Body]) -> Appended:
        """Write each message at the version that follows."""
        ids = tuple(str(new_id()) for _ in bodies)
        rows = [
            (event, stream, TYPE, orjson.dumps(body).decode(), _METADATA, expected + n - 1)
            for n, (event, body) in enumerate(zip(ids, bodies, strict=True))
        ]
        try:
            if len(rows) == 1:
                await self.pool.fetchval(_WRITE, *rows[0])
            else:
                await self.pool.executemany(_WRITE, rows)
        except asyncpg.RaiseError as error:
            raise Conflict from error
        return Appended(expected + len(bodies), ids)

    async def token(self, stream: str, known: int) -> int:
        """Ask for the version; the first message has version 0."""
        version = await self.pool.fetchval("SELECT stream_version($1)", stream)
        return known if version is None else int(version) + 1


class MessageDbReader:
    """Pages the category from the global position after the last one, as its consumers do."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._position = 1

    async def rows(self) -> list[asyncpg.Record]:
        """Return the next page as it comes."""
        rows = await self._pool.fetch("SELECT * FROM get_category_messages($1, $2, $3)", CATEGORY, self._position, PAGE)
        if rows:
            self._position = rows[-1]["global_position"] + 1
        return rows

    async def page(self) -> list[Delivered]:
        """Return the next page."""
        return [Delivered(row["id"], row["stream_name"], row["position"]) for row in await self.rows()]


class MessageDb(OnPostgres):
    """message-db with all streams in one category, which is what it orders."""

    key = "message-db"
    title = "message-db, one category"
    blocking = False
    replay_kinds = (("feed", "message-db, get_category_messages, JSON as text"),)

    def versions(self) -> dict[str, str]:
        """Return the version of the package."""
        return dict([MESSAGE_DB])

    def command(self, role: str) -> list[str]:
        """Return the command of a client process."""
        return [sys.executable, "-m", "bench.store.client", role, self.key]

    async def install(self, dsn: str) -> None:
        """Run its scripts; its functions expect its schema in the search path."""
        folder = package(MESSAGE_DB) / "database"
        role = "DO $$ BEGIN CREATE ROLE message_store; EXCEPTION WHEN duplicate_object THEN END $$"
        await execute(
            dsn,
            role,
            "SET search_path = message_store, public",
            *((folder / f"{name}.sql").read_text() for name in _SCRIPTS),
        )

    async def stored(self, address: Address) -> list[Delivered]:
        """Return every row."""
        connection = await asyncpg.connect(address["dsn"])
        rows = await connection.fetch("SELECT id::text, stream_name, position FROM message_store.messages")
        await connection.close()
        return [Delivered(*row) for row in rows]

    async def fill(self, address: Address, events: int) -> None:
        """Put so many messages into an empty store."""
        await fill(address["dsn"], events, FILL, _METADATA, "message_store.messages", "message_store, public")

    async def replays(self, address: Address, kind: str) -> AsyncIterator[int]:  # noqa: ARG002
        """Yield the sizes of the pages of its reader."""
        async with self.reader(address) as reader:
            while page := await reader.rows():
                yield len(page)

    @asynccontextmanager
    async def writer(self, address: Address, callers: int) -> AsyncIterator[MessageDbWriter]:
        """Open as many connections as callers, at most 32."""
        async with _pool(address, min(callers, MOST_CONNECTIONS)) as pool:
            yield MessageDbWriter(pool)

    @asynccontextmanager
    async def reader(self, address: Address) -> AsyncIterator[MessageDbReader]:
        """Open one connection."""
        async with _pool(address, 1) as pool:
            yield MessageDbReader(pool)


def _pool(address: Address, size: int) -> Pool:
    settings = {"search_path": "message_store, public"}
    return asyncpg.create_pool(address["dsn"], min_size=size, max_size=size, server_settings=settings)


STORES = (MessageDb(),)
