"""Many events at once for the stores on PostgreSQL, made by the server: the same members and sizes as `events.body`."""

# ruff: noqa: S608 - statements are put together from the constants of this module
from collections.abc import Sequence

import asyncpg

from bench.store.events import TYPE
from bench.store.port import CATEGORY

STREAM_DEPTH = 10
_PORTION = 100_000

BODY = """format('{"account":"CN-%s","amount":%s,"booked_on":"2026-%s-%s","counterpart":"%s","note":"entry %s %s"}',
    lpad((n * 7919 % 10000000000)::text, 10, '0'), n * 104729 % 10000000 + 1,
    lpad((n % 12 + 1)::text, 2, '0'), lpad((n % 28 + 1)::text, 2, '0'), md5(n::text)::uuid,
    lpad(n::text, 8, '0'), md5((-n)::text) || md5((-2 * n)::text) || 'abcdefghijklmnop')"""
ID = f"('018f0000-0000-7000-8000-' || lpad(to_hex((n - 1) / {STREAM_DEPTH}), 12, '0'))"
VERSION = f"((n - 1) % {STREAM_DEPTH} + 1)"
STREAM = f"('{CATEGORY}-' || {ID})"
EVENT_ID = "('018f1000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"

# Every second event is of version 1, so that a replay has something to lift.
OURS = f"""
    INSERT INTO log.events
    SELECT n, {STREAM}, {VERSION}, {EVENT_ID}, '{TYPE}', 1 + n % 2,
           convert_to(CASE n % 2 WHEN 0 THEN body ELSE replace(body, '"note"', '"currency":"CNY","note"') END, 'UTF8'),
           $3, clock_timestamp()
    FROM generate_series($1::bigint, $2::bigint) AS n, LATERAL (SELECT {BODY} AS body) AS b
"""
EVENTSOURCING = f"""
    INSERT INTO stored_events (originator_id, originator_version, topic, state)
    SELECT {ID}::uuid, {VERSION}, '{TYPE}', convert_to(jsonb_set({BODY}::jsonb, '{{metadata}}', $3)::text, 'UTF8')
    FROM generate_series($1::bigint, $2::bigint) AS n
"""
MESSAGE_DB = f"""
    INSERT INTO message_store.messages (position, stream_name, type, data, metadata, id)
    SELECT {VERSION} - 1, {STREAM}, '{TYPE}', {BODY}::jsonb, $3::jsonb, {EVENT_ID}
    FROM generate_series($1::bigint, $2::bigint) AS n
"""
EMMETT = f"""
    INSERT INTO emt_messages (stream_position, transaction_id, stream_id, message_schema_version, message_id,
                              message_type, message_data, message_metadata)
    SELECT {VERSION}, pg_current_xact_id(), {STREAM}, '1', {EVENT_ID}::text, '{TYPE}', {BODY}::jsonb, $3::jsonb
    FROM generate_series($1::bigint, $2::bigint) AS n
"""


def portions(events: int) -> Sequence[tuple[int, int]]:
    """Return the first and last numbers of transactions that together make so many events."""
    return [(first, min(first + _PORTION - 1, events)) for first in range(1, events + 1, _PORTION)]


async def fill(dsn: str, events: int, insert: str, metadata: str, table: str, search_path: str = "public") -> None:
    """Insert events 1 … `events`; ten of them make a stream."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": search_path})
    for first, last in portions(events):
        await connection.execute(insert, first, last, metadata)
    await connection.execute(f"VACUUM (ANALYZE) {table}")
    await connection.close()


async def fill_ours(dsn: str, events: int, metadata: bytes) -> None:
    """Fill our log as a superuser, under the head's lock and with the flag that `log.append` sets.

    Triggers and constraints stay as they are: what they would refuse in an append they refuse here.
    """
    connection = await asyncpg.connect(dsn)
    for first, last in portions(events):
        async with connection.transaction():
            await connection.execute("SELECT set_config('rongcuo.appending', 'on', true)")
            await connection.execute("SELECT 1 FROM log.head FOR UPDATE")
            await connection.execute(OURS, first, last, metadata)
            await connection.execute("UPDATE log.head SET position = $1, recorded_at = clock_timestamp()", last)
    await connection.execute("VACUUM (ANALYZE) log.events")
    await connection.close()
