"""Reading the log, with asyncpg and without tricks: order = commit order, so `position > $1` misses nothing."""

import asyncio
from collections.abc import AsyncGenerator
from functools import cache
from typing import NamedTuple
from uuid import UUID

import asyncpg

from shared.database.pool import Pool
from shared.eventstore.ahead import drop
from shared.eventstore.append import KnownKey
from shared.eventstore.errors import LogHole
from shared.eventstore.schema import LOG, in_schema
from shared.kernel.recorded import Recorded

PAGE = 1000

_COLUMNS = "position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at"
_STREAM = f"SELECT {_COLUMNS} FROM log.events WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3"  # noqa: S608
# A page ends with its 16th large event (the index `events_large` holds those over 8 KiB), which bounds its memory.
_PAGE = f"""
    SELECT {_COLUMNS} FROM log.events
    WHERE position > $1 AND position <= coalesce(
        (SELECT position FROM log.events
         WHERE position > $1 AND position <= $1 + $2 AND octet_length(payload) + octet_length(metadata) > 8192
         ORDER BY position OFFSET 15 LIMIT 1), {2**63 - 1})
    ORDER BY position LIMIT $2
"""  # noqa: S608
_OF_TYPE = f"SELECT {_COLUMNS} FROM log.events WHERE stream LIKE $1 || '-%' AND type = $2 ORDER BY position"  # noqa: S608
_EVENT = f"SELECT {_COLUMNS} FROM log.events WHERE event_id = $1"  # noqa: S608
_HEAD = "SELECT position FROM log.head"
_KEY = "SELECT digest, status, location, stream, version, position FROM log.idempotency WHERE scope = $1 AND key = $2"
# Each event of the tail carries the record of the key; one row without an event, when there is no tail.
_LOOK = """
    SELECT e.position, e.stream, e.version, e.event_id, e.type, e.schema_version, e.payload, e.metadata, e.recorded_at,
           k.digest, k.status, k.location, k.stream, k.version, k.position
    FROM (SELECT) AS one
    LEFT JOIN log.idempotency AS k ON k.scope = $3 AND k.key = $4
    LEFT JOIN log.events AS e ON e.stream = $1 AND e.version > $2
    ORDER BY e.version
"""


class _Statements(NamedTuple):
    """What is asked of one log."""

    stream: str
    page: str
    event: str
    of_type: str
    head: str
    key: str
    look: str


@cache
def _statements(schema: str) -> _Statements:
    written = _Statements(stream=_STREAM, page=_PAGE, event=_EVENT, of_type=_OF_TYPE, head=_HEAD, key=_KEY, look=_LOOK)
    return _Statements(*(in_schema(statement, schema) for statement in written))


class EventLog:
    """The events of one service as they stand; `name` is the log's name, for example `intake`, `schema` its place."""

    def __init__(self, pool: Pool, log: str, schema: str = LOG) -> None:
        self.pool = pool
        self.name = log
        self._sql = _statements(schema)

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """Return the events of `stream` with a version above `after`, in order."""
        return self._recorded(await self.pool.fetch(self._sql.stream, stream, after, limit))

    async def look(self, stream: str, *, after: int, scope: str, key: str) -> tuple[list[Recorded], KnownKey | None]:
        """Return what `read_stream` and `known_key` would, of one snapshot and for one round trip."""
        rows = await self.pool.fetch(self._sql.look, stream, after, scope, key)
        tail = [Recorded(self.name, *row[:9]) for row in rows if row[0] is not None]
        record = rows[0][9:]
        return tail, None if record[0] is None else KnownKey(*record)

    async def read_page(self, *, after: int, limit: int = PAGE) -> list[Recorded]:
        """Return the events that follow position `after`; one statement, hence one snapshot.

        At most `limit`, and fewer when they are large: 1000 events take at most 12 MiB. An empty page means the end of
        the log. Raises LogHole unless the positions follow one another: they are dense by construction.
        """
        page = self._recorded(await self.pool.fetch(self._sql.page, after, limit))
        if page and page[-1].position != after + len(page):  # they ascend, so a hole anywhere moves the last one
            raise LogHole(self.name, next(n for n, event in enumerate(page, after + 1) if event.position != n))
        return page

    async def replay(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[list[Recorded], None]:
        """Yield the events from `after` up to position `until` (None: the end of the log), page by page.

        While one page is worked on, the next is read. Use each event as it comes: objects that are kept alive by the
        thousand cost more in garbage collection than in decoding.
        """
        ahead = self._ahead(after, until)
        try:
            while page := await ahead:
                ahead = self._ahead(page[-1].position, until)
                await asyncio.sleep(0)  # the question goes out before the page is worked on
                yield page
        finally:
            drop(ahead)

    def _ahead(self, after: int, until: int | None) -> asyncio.Task[list[Recorded]]:
        limit = PAGE if until is None else max(min(PAGE, until - after), 0)
        return asyncio.create_task(self.read_page(after=after, limit=limit))

    async def head(self) -> int:
        """Return the position of the last event; 0 in an empty log."""
        position: int = await self.pool.fetchval(self._sql.head)
        return position

    async def event(self, event_id: UUID) -> Recorded | None:
        """Return the event with this id, if it stands in this log."""
        return next(iter(self._recorded(await self.pool.fetch(self._sql.event, event_id))), None)

    async def of_type(self, category: str, type_: str) -> list[Recorded]:
        """Return the events of one type in the streams of an aggregate, in order; for types of which there are few."""
        return self._recorded(await self.pool.fetch(self._sql.of_type, category, type_))

    async def known_key(self, scope: str, key: str) -> KnownKey | None:
        """Return what is kept under an idempotency key."""
        row = await self.pool.fetchrow(self._sql.key, scope, key)
        return KnownKey(*row) if row else None

    def _recorded(self, rows: list[asyncpg.Record]) -> list[Recorded]:
        return [Recorded(self.name, *row) for row in rows]
