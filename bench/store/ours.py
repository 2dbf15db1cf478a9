"""Our log: the product's own store and migrations, with and without an idempotency record per append."""

import dataclasses
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from bench.machine import versions
from bench.store.databases import copy_of, dsn_of
from bench.store.events import CODEC, ENVELOPE, METADATA, TYPE
from bench.store.fills import fill_ours
from bench.store.port import PAGE, Address, Appended, Body, Conflict, Delivered, Place, Servers
from shared.database.databases import Databases
from shared.database.pool import Pool
from shared.eventstore.append import Append, IdempotencyRecord, NewEvent
from shared.eventstore.errors import VersionConflict
from shared.eventstore.log import EventLog
from shared.eventstore.store import EventStore, open_store
from shared.kernel.canonical import canonical_bytes
from shared.kernel.ids import new_id

LOG = "intake"
_METADATA = canonical_bytes(METADATA)
_SECRET = secrets.token_bytes(32)
_PLAIN = """
    SELECT position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at
    FROM log.events WHERE position > $1 ORDER BY position LIMIT $2
"""


@dataclasses.dataclass(frozen=True)
class OurWriter:
    """Appends through the store, as a use case does, but without deciding anything."""

    store: EventStore
    idempotency: bool

    async def append(self, stream: str, expected: int, bodies: Sequence[Body]) -> Appended:
        """Queue the append and wait for its verdict."""
        events = tuple(NewEvent(new_id(), TYPE, 1, canonical_bytes(body), _METADATA) for body in bodies)
        append = Append(new_id(), stream, expected, events, self._record() if self.idempotency else None)
        try:
            stored = await self.store.appender.append(append, wait=True)
        except VersionConflict as error:
            raise Conflict from error
        return Appended(stored.version, tuple(str(event.event_id) for event in events))

    async def token(self, stream: str, known: int) -> int:
        """Read the tail, as a use case does."""
        tail = await self.store.log.read_stream(stream, after=known)
        return tail[-1].version if tail else known

    def _record(self) -> IdempotencyRecord:
        return IdempotencyRecord("bench POST /entries", str(new_id()), b"\0" * 32, 201, "/entries/1")


class OurReader:
    """Pages by position, which raises LogHole if one is missing."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._position = 0

    async def page(self) -> list[Delivered]:
        """Return the next page."""
        page = await self._log.read_page(after=self._position, limit=PAGE)
        if page:
            self._position = page[-1].position
        return [Delivered(str(event.event_id), event.stream, event.version) for event in page]


@dataclasses.dataclass(frozen=True)
class Ours:
    """Our log in one mode."""

    key: str
    title: str
    idempotency: bool = False
    blocking: bool = False
    replay_kinds: tuple[tuple[str, str], ...] = (
        ("plain", "asyncpg alone: the same rows in the same pages"),
        ("undecoded", "rongcuo, as stored bytes"),
        ("decoded", "rongcuo, into upcast event objects (metadata lazily)"),
    )

    def versions(self) -> dict[str, str]:
        """Return the product's version and that of its driver."""
        return versions("rongcuo", "asyncpg")

    def command(self, role: str) -> list[str]:
        """Return the command of a client process."""
        return [sys.executable, "-m", "bench.store.client", role, self.key]

    async def prepare(self, servers: Servers) -> None:
        """Make roles and tables with the product's own migrations."""
        from shared.database.migrate import migrate  # heavy, and of no use to a client process
        from shared.database.provision import provision

        databases = self._databases(servers)
        await provision(databases)
        await migrate(databases, only=(LOG,))

    @asynccontextmanager
    async def fresh(self, servers: Servers) -> AsyncIterator[Place]:
        """Open an empty log."""
        databases = self._databases(servers)
        async with copy_of(servers, databases.name(LOG)) as name:
            yield Place(self.address(servers, name), servers.postgres.pid or 0)

    def address(self, servers: Servers, database: str) -> Address:
        """Tell how the application and the administrator reach the log in `database`."""
        application = dsn_of(self._databases(servers).dsn(LOG), database)
        return {"dsn": application, "admin": dsn_of(servers.postgres.dsn, database)}

    def _databases(self, servers: Servers) -> Databases:
        name = self.key.replace("-", "_")
        return Databases(servers.postgres.dsn, _SECRET, prefix=name, role_prefix=name)

    async def stored(self, address: Address) -> list[Delivered]:
        """Return every row."""
        connection = await asyncpg.connect(address["admin"])
        rows = await connection.fetch("SELECT event_id::text, stream, version FROM log.events")
        await connection.close()
        return [Delivered(*row) for row in rows]

    async def fill(self, address: Address, events: int) -> None:
        """Put so many events into an empty log, ten to a stream, with realistic metadata."""
        await fill_ours(address["admin"], events, ENVELOPE)

    async def replays(self, address: Address, kind: str) -> AsyncIterator[int]:
        """Yield the sizes of the pages, read with nothing but asyncpg (`plain`), as bytes, or into event objects."""
        async with asyncpg.create_pool(address["dsn"], min_size=1, max_size=1) as pool:
            pages = _plain_pages(pool) if kind == "plain" else _pages(EventLog(pool, LOG), decode=kind == "decoded")
            async for page in pages:
                yield len(page)

    @asynccontextmanager
    async def writer(self, address: Address, callers: int) -> AsyncIterator[OurWriter]:  # noqa: ARG002
        """Open the store; its one writing connection serves all callers."""
        async with open_store(address["dsn"], LOG) as store:
            yield OurWriter(store, self.idempotency)

    @asynccontextmanager
    async def reader(self, address: Address) -> AsyncIterator[OurReader]:
        """Open the log for reading."""
        async with asyncpg.create_pool(address["dsn"], min_size=1, max_size=1) as pool:
            yield OurReader(EventLog(pool, LOG))


async def _plain_pages(pool: Pool) -> AsyncIterator[Sequence[object]]:
    position = 0
    while page := await pool.fetch(_PLAIN, position, PAGE):
        position = page[-1]["position"]
        yield page


async def _pages(log: EventLog, *, decode: bool) -> AsyncIterator[Sequence[object]]:
    """Read the log; decoded, events are made one by one as for a projector, and their metadata stay bytes."""
    async for page in log.replay():
        if decode:
            for one in page:
                CODEC.decode(one.type, one.schema_version, one.payload)
        yield page


STORES = (
    Ours("ours", "rongcuo"),
    Ours("ours-idempotent", "rongcuo, with an idempotency record per append", idempotency=True),
)
