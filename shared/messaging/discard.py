"""Gives up parked events for good: an operator's decision, written as an event before anything is removed."""

from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.messaging.events import PARKING, ParkedSequenceDiscarded, parking_id
from shared.messaging.parking import ParkedSequence, list_parked

_SKIP = """
INSERT INTO log.inbox AS i (consumer, log, stream, version, event_id)
SELECT consumer, log, stream, version, event_id FROM log.parked
WHERE consumer = $1 AND log = $2 AND stream = $3 AND version = $4
ON CONFLICT (consumer, log, stream) DO UPDATE
SET version = excluded.version, event_id = excluded.event_id, append_id = NULL
WHERE i.version < excluded.version
"""
_REMOVE = "DELETE FROM log.parked WHERE consumer = $1 AND log = $2 AND stream = $3 AND version <= $4"


class NothingParked(LookupError):
    """No event of the stream is parked, or none with the given version."""


async def discard(
    store: EventStore, cause: Cause, consumer: str, log: str, stream: str, *, reason: str, to_version: int | None = None
) -> ParkedSequence:
    """Discard the parked events up to `to_version` (None: all); later ones then take effect in their turn.

    `reason` is a code in kebab-case. Returns the sequence as it was. Repeating a discard that was interrupted
    finishes it. Raises NothingParked; pydantic.ValidationError for a reason that is no code.
    """
    sequence = next(
        (s for s in await list_parked(store.log.pool, consumer) if (s.log, s.stream) == (log, stream)), None
    )
    if sequence is None:
        raise NothingParked(f"{consumer}: {log}/{stream}")
    end = sequence.to_version if to_version is None else to_version
    decision = ParkedSequenceDiscarded(
        consumer=consumer, log=log, stream=stream, from_version=sequence.from_version, to_version=end, reason=reason
    )
    await _check_parked(store, consumer, log, stream, end)
    aggregate = parking_id(consumer, log, stream)
    await transact(store, PARKING, aggregate, decision, rules=None, cause=cause, wait=True)
    async with store.log.pool.acquire() as connection, connection.transaction():
        await connection.execute(_SKIP, consumer, log, stream, end)
        await connection.execute(_REMOVE, consumer, log, stream, end)
    return sequence


async def _check_parked(store: EventStore, consumer: str, log: str, stream: str, version: int) -> None:
    sql = "SELECT 1 FROM log.parked WHERE consumer = $1 AND log = $2 AND stream = $3 AND version = $4"
    if await store.log.pool.fetchval(sql, consumer, log, stream, version) is None:
        raise NothingParked(f"{consumer}: {log}/{stream} version {version}")
