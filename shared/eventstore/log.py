"""Reading the log, with asyncpg and without tricks: order = commit order, so `position > $1` misses nothing."""

from uuid import UUID

import asyncpg

from shared.database.pool import Pool
from shared.eventstore.append import KnownKey
from shared.eventstore.errors import LogHole
from shared.kernel.recorded import Recorded

_COLUMNS = "position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at"
_STREAM = f"SELECT {_COLUMNS} FROM log.events WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3"  # noqa: S608
_PAGE = f"SELECT {_COLUMNS} FROM log.events WHERE position > $1 ORDER BY position LIMIT $2"  # noqa: S608
_EVENT = f"SELECT {_COLUMNS} FROM log.events WHERE event_id = $1"  # noqa: S608
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


class EventLog:
    """The events of one service as they stand; `name` is the log's name, for example `intake`."""

    def __init__(self, pool: Pool, log: str) -> None:
        self.pool = pool
        self.name = log

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """Return the events of `stream` with a version above `after`, in order."""
        return self._recorded(await self.pool.fetch(_STREAM, stream, after, limit))

    async def look(self, stream: str, *, after: int, scope: str, key: str) -> tuple[list[Recorded], KnownKey | None]:
        """Return what `read_stream` and `known_key` would, of one snapshot and for one round trip."""
        rows = await self.pool.fetch(_LOOK, stream, after, scope, key)
        tail = [Recorded(self.name, *row[:9]) for row in rows if row[0] is not None]
        record = rows[0][9:]
        return tail, None if record[0] is None else KnownKey(*record)

    async def read_page(self, *, after: int, limit: int = 1000) -> list[Recorded]:
        """Return the events that follow position `after`; one statement, hence one snapshot.

        Raises LogHole unless the positions follow one another: they are dense by construction.
        """
        page = self._recorded(await self.pool.fetch(_PAGE, after, limit))
        for expected, event in enumerate(page, after + 1):
            if event.position != expected:
                raise LogHole(self.name, expected)
        return page

    async def head(self) -> int:
        """Return the position of the last event; 0 in an empty log."""
        position: int = await self.pool.fetchval("SELECT position FROM log.head")
        return position

    async def event(self, event_id: UUID) -> Recorded | None:
        """Return the event with this id, if it stands in this log."""
        return next(iter(self._recorded(await self.pool.fetch(_EVENT, event_id))), None)

    async def known_key(self, scope: str, key: str) -> KnownKey | None:
        """Return what is kept under an idempotency key."""
        row = await self.pool.fetchrow(_KEY, scope, key)
        return KnownKey(*row) if row else None

    def _recorded(self, rows: list[asyncpg.Record]) -> list[Recorded]:
        return [Recorded(self.name, *row) for row in rows]
