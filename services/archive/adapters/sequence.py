"""Takes in the events of all four logs and gives them one order: dense over all, position by position within a log."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from shared.kernel.recorded import Recorded

_COLLECT = """
    INSERT INTO app.collected
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::int[],
                         $8::bytea[], $9::bytea[], $10::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_STANDING = """
    SELECT count(*) FROM unnest($1::text[], $2::bigint[], $3::uuid[]) AS new(log, position, event_id)
    JOIN app.collected AS c USING (log, position, event_id)
"""
_WAITING = """
    SELECT * FROM app.collected
    WHERE log = $1 AND position > (SELECT coalesce(max(position), 0) FROM app.sequence WHERE log = $1)
    ORDER BY position LIMIT 5000
"""
_SEQUENCED = """
    SELECT s.index, c.* FROM app.sequence AS s JOIN app.collected AS c USING (log, position)
    WHERE s.index > $1 ORDER BY s.index LIMIT $2
"""


class Forked(Exception):
    """Two different events claim one place of a log: nothing is taken in until people have looked."""


@dataclass(frozen=True, slots=True)
class Sequenced:
    """An event with its place in the common order; `index` counts from 0."""

    index: int
    recorded: Recorded


async def collect(connection: asyncpg.Connection, events: Sequence[Recorded]) -> None:
    """Take in `events` within the caller's transaction, and sequence whatever has no gap before it.

    Events that stand already are taken as they are; raises Forked when another event stands in an event's place.
    """
    columns = list(zip(*(_row(event) for event in events), strict=True))
    await connection.execute(_COLLECT, *columns)
    if await connection.fetchval(_STANDING, columns[0], columns[1], columns[4]) != len(set(events)):
        raise Forked(f"{events[0].log} {events[0].position}..{events[-1].position}")
    await _sequence(connection, sorted({event.log for event in events}))


async def sequenced(pool: asyncpg.Pool, *, after: int, limit: int) -> list[Sequenced]:
    """Return up to `limit` events in the common order, from the index after `after` (-1: from the beginning)."""
    rows = await pool.fetch(_SEQUENCED, after, limit)
    return [Sequenced(row["index"], _recorded(row)) for row in rows]


async def _sequence(connection: asyncpg.Connection, logs: Sequence[str]) -> None:
    index = await connection.fetchval("SELECT next_index FROM app.sequence_head FOR UPDATE")
    for log in logs:
        waiting = [_recorded(row) for row in await connection.fetch(_WAITING, log)]
        first = await connection.fetchval("SELECT coalesce(max(position), 0) + 1 FROM app.sequence WHERE log = $1", log)
        ready = [event for place, event in enumerate(waiting, first) if event.position == place]
        rows = [(index + n, log, event.position, bytes.fromhex(event.hash)) for n, event in enumerate(ready)]
        await connection.executemany("INSERT INTO app.sequence VALUES ($1, $2, $3, $4)", rows)
        index += len(rows)
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
    return Recorded(**{name: row[name] for name in Recorded.__slots__})
