"""eventsourcing (PyPI) on PostgreSQL: its recorder with a table lock per append (default), or its database function."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import orjson
from eventsourcing.persistence import IntegrityError, JSONTranscoder, StoredEvent
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment

from bench.machine import versions
from bench.store.databases import OnPostgres
from bench.store.events import METADATA, TYPE
from bench.store.fills import EVENTSOURCING as FILL
from bench.store.fills import fill
from bench.store.port import CATEGORY, PAGE, Address, Appended, Body, Conflict, Delivered

MOST_CONNECTIONS = 32
_TRANSCODER = JSONTranscoder()


class EventsourcingWriter:
    """Inserts through the application recorder, which an application's `save()` calls."""

    def __init__(self, recorder: Any) -> None:
        self._recorder = recorder

    async def append(self, stream: str, expected: int, bodies: Sequence[Body]) -> Appended:
        """Insert at the versions that follow; the primary key refuses a version that is taken."""
        originator = _originator(stream)
        events = [
            StoredEvent(originator, expected + n, TYPE, _TRANSCODER.encode({**body, "metadata": METADATA}))
            for n, body in enumerate(bodies, 1)
        ]
        try:
            self._recorder.insert_events(events)
        except IntegrityError as error:
            raise Conflict from error
        ids = tuple(f"{originator}:{event.originator_version}" for event in events)
        return Appended(expected + len(bodies), ids)

    async def token(self, stream: str, known: int) -> int:
        """Read the tail, as its repository does when it has a cached aggregate."""
        tail = self._recorder.select_events(_originator(stream), gt=known)
        return int(tail[-1].originator_version) if tail else known


class EventsourcingReader:
    """Pages notifications after the last one, as its subscriptions do."""

    def __init__(self, recorder: Any) -> None:
        self._recorder = recorder
        self._position: int | None = None

    def notifications(self) -> list[Any]:
        """Return the next page as it comes."""
        page: list[Any] = self._recorder.select_notifications(self._position, PAGE, inclusive_of_start=False)
        if page:
            self._position = page[-1].id
        return page

    async def page(self) -> list[Delivered]:
        """Return the next page."""
        return [
            Delivered(f"{one.originator_id}:{one.originator_version}", str(one.originator_id), one.originator_version)
            for one in self.notifications()
        ]


@dataclass(frozen=True)
class Eventsourcing(OnPostgres):
    """eventsourcing in one of its two modes of inserting."""

    key: str
    title: str
    functions: bool
    blocking: bool = True
    replay_kinds: tuple[tuple[str, str], ...] = (("feed", "eventsourcing, select_notifications, as stored bytes"),)

    def versions(self) -> dict[str, str]:
        """Return its version and that of its driver."""
        return versions("eventsourcing", "psycopg")

    def command(self, role: str) -> list[str]:
        """Return the command of a client process."""
        return [sys.executable, "-m", "bench.store.client", role, self.key]

    async def install(self, dsn: str) -> None:
        """Let its factory make the table."""
        self._factory({"dsn": dsn}, 1, create=True).close()

    async def stored(self, address: Address) -> list[Delivered]:
        """Return every row."""
        connection = await asyncpg.connect(address["dsn"])
        rows = await connection.fetch("SELECT originator_id::text, originator_version FROM stored_events")
        await connection.close()
        return [Delivered(f"{originator}:{version}", originator, version) for originator, version in rows]

    async def fill(self, address: Address, events: int) -> None:
        """Put so many events into an empty table."""
        await fill(address["dsn"], events, FILL, orjson.dumps(METADATA).decode(), "stored_events")

    async def replays(self, address: Address, kind: str) -> AsyncIterator[int]:  # noqa: ARG002
        """Yield the sizes of the pages of its reader."""
        async with self.reader(address) as reader:
            while page := reader.notifications():
                yield len(page)

    @asynccontextmanager
    async def writer(self, address: Address, callers: int) -> AsyncIterator[EventsourcingWriter]:
        """Open as many connections as callers, at most 32."""
        factory = self._factory(address, min(callers, MOST_CONNECTIONS))
        yield EventsourcingWriter(factory.application_recorder())
        factory.close()

    @asynccontextmanager
    async def reader(self, address: Address) -> AsyncIterator[EventsourcingReader]:
        """Open one connection."""
        factory = self._factory(address, 1)
        yield EventsourcingReader(factory.application_recorder())
        factory.close()

    def _factory(self, address: Address, connections: int, *, create: bool = False) -> Any:
        parts = urlsplit(address["dsn"])
        settings = {
            "POSTGRES_DBNAME": parts.path[1:],
            "POSTGRES_HOST": parts.hostname or "",
            "POSTGRES_PORT": str(parts.port),
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_PASSWORD": parts.password or "",
            "POSTGRES_POOL_SIZE": str(connections),
            "POSTGRES_MAX_OVERFLOW": "0",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "y" if self.functions else "n",
            "CREATE_TABLE": "y" if create else "n",
        }
        factory = PostgresFactory(Environment("", settings))
        if create:
            factory.application_recorder()
        return factory


def _originator(stream: str) -> UUID:
    return UUID(stream.removeprefix(f"{CATEGORY}-"))


STORES = (
    Eventsourcing("eventsourcing-safe", "eventsourcing, default (table lock)", functions=False),
    Eventsourcing("eventsourcing-fast", "eventsourcing, POSTGRES_ENABLE_DB_FUNCTIONS=y", functions=True),
)
