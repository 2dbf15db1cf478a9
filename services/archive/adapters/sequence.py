"""Takes in the events of all four logs and gives them one order: dense over all, position by position within a log."""

from collections.abc import Sequence

import asyncpg

from shared.database.pool import Pool
from shared.kernel.recorded import Recorded
from shared.messaging.alarm import Alarm
from shared.messaging.connections import Connection

_COLLECT = """
    INSERT INTO app.collected
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::int[],
                         $8::bytea[], $9::bytea[], $10::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_STANDING = """
    SELECT count(*) FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[])
        AS new(log, position, event_id, payload, metadata)
    JOIN app.collected AS c USING (log, position, event_id, payload, metadata)
"""
_LAST = "SELECT coalesce(max(position), 0) FROM app.sequence WHERE log = $1"
# The inner query reads keys alone, so that no payload is touched of events that still wait for their predecessor.
_READY = """
    SELECT c.* FROM (
        SELECT position, row_number() OVER (ORDER BY position) AS n FROM app.collected
        WHERE log = $1 AND position > $2 AND position <= $2 + $3
    ) AS w JOIN app.collected AS c ON c.log = $1 AND c.position = w.position
    WHERE w.position = $2 + w.n ORDER BY w.position
"""
_SEQUENCED = """
    SELECT s.index, c.* FROM app.sequence AS s JOIN app.collected AS c USING (log, position)
    WHERE s.index >= $1 ORDER BY s.index LIMIT $2
"""
_STEP = 500


class Forked(Alarm):
    """Two different events, or other bytes, claim one place of a log: nothing is taken in until people have looked."""


async def collect(connection: Connection, events: Sequence[Recorded]) -> None:
    """Take in `events` within the caller's transaction, and sequence whatever has no gap before it.

    Events that stand already are taken as they are; raises Forked when another event stands in an event's place.
    """
    distinct = dict.fromkeys(events)
    columns = list(zip(*(_row(event) for event in distinct), strict=True))
    await connection.execute(_COLLECT, *columns)
    if await connection.fetchval(_STANDING, *(columns[n] for n in (0, 1, 4, 7, 8))) != len(distinct):
        raise Forked(f"{events[0].log} {events[0].position}..{events[-1].position}")
    await _sequence(connection, sorted({event.log for event in events}))


async def sequenced(pool: Pool, start: int, limit: int) -> list[tuple[int, Recorded]]:
    """Return up to `limit` events with their index in the common order, from `start` on."""
    rows = await pool.fetch(_SEQUENCED, start, limit)
    return [(row["index"], _recorded(row)) for row in rows]


async def length(pool: Pool) -> int:
    """Return how many events stand in the common order: the index that the next one gets."""
    next_index: int = await pool.fetchval("SELECT next_index FROM app.sequence_head")
    return next_index


async def _sequence(connection: Connection, logs: Sequence[str]) -> None:
    index = await connection.fetchval("SELECT next_index FROM app.sequence_head FOR UPDATE")
    for log in logs:
        last = await connection.fetchval(_LAST, log)
        while ready := [_recorded(row) for row in await connection.fetch(_READY, log, last, _STEP)]:
            rows = [(index + n, log, event.position, bytes.fromhex(event.hash)) for n, event in enumerate(ready)]
            await connection.executemany("INSERT INTO app.sequence VALUES ($1, $2, $3, $4)", rows)
            index, last = index + len(rows), ready[-1].position
    await connection.execute("UPDATE app.sequence_head SET next_index = $1", index)


def _row(event: Recorded) -> tuple[object, ...]:
    return (
        event.log,
        event.position,
        event.stream,
        event.version,
        event.event_id,
        event.type,
        event.schema_version,
        event.payload,
        event.metadata,
        event.recorded_at,
    )


def _recorded(row: asyncpg.Record) -> Recorded:
    return Recorded(**{name: row[name] for name in Recorded._fields})
