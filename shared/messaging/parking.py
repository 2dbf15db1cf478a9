"""Parked events: those that failed with every later event of their stream, and those that came before their turn.

The head of a sequence is tried again by itself, later and later, then only when an operator asks. Nothing leaves the
table but by taking effect, or by a discard, which is an event (`shared.messaging.discard`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.database.pool import Pool
from shared.kernel.recorded import Recorded
from shared.messaging.connections import Source
from shared.messaging.inbox import WatermarkConflict

TIERS_S = (1.0, 30.0, 300.0, 3600.0)
_RECORDED = "log, position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at"

_PARK = f"""
INSERT INTO log.parked AS p (consumer, {_RECORDED}, error, next_attempt_at)
SELECT $1, r.*, $12, clock_timestamp() + make_interval(secs => $13)
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::integer[],
            $9::bytea[], $10::bytea[], $11::timestamptz[]) AS r
ON CONFLICT (consumer, log, stream, version) DO UPDATE SET parked_at = p.parked_at
WHERE p.event_id = excluded.event_id
"""  # noqa: S608

# From one stream's lowest version to the next stream's by the primary key, so that nothing behind a head is looked at.
_DUE = """
WITH RECURSIVE heads AS (
    (SELECT log, stream, version, next_attempt_at FROM log.parked
     WHERE consumer = $1 ORDER BY log, stream, version LIMIT 1)
    UNION ALL
    SELECT n.* FROM heads AS h CROSS JOIN LATERAL (
        SELECT log, stream, version, next_attempt_at FROM log.parked
        WHERE consumer = $1 AND (log, stream) > (h.log, h.stream) ORDER BY log, stream, version LIMIT 1) AS n
)
SELECT log, stream, version FROM heads AS h
WHERE next_attempt_at <= clock_timestamp() AND version <= 1 + coalesce(
    (SELECT i.version FROM log.inbox AS i WHERE (i.consumer, i.log, i.stream) = ($1, h.log, h.stream)), 0)
LIMIT $2
"""

_CLAIM = f"""
UPDATE log.parked SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + interval '1 minute'
WHERE consumer = $1 AND log = $2 AND stream = $3 AND version = $4 AND next_attempt_at <= clock_timestamp()
RETURNING attempts, {_RECORDED}
"""  # noqa: S608

_LIST = """
SELECT p.consumer, p.log, p.stream, min(p.version), max(p.version), count(*), coalesce(max(i.version), 0),
       (array_agg(p.error ORDER BY p.version))[1], (array_agg(p.attempts ORDER BY p.version))[1],
       min(p.parked_at), nullif((array_agg(p.next_attempt_at ORDER BY p.version))[1], 'infinity')
FROM log.parked AS p LEFT JOIN log.inbox AS i USING (consumer, log, stream)
WHERE p.consumer = coalesce($1, p.consumer) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The lowest parked version of a stream, whose turn has come."""

    log: str
    stream: str
    version: int

    def next(self) -> "Head":
        """Return what is the head, if it is parked, once this one has taken effect."""
        return Head(self.log, self.stream, self.version + 1)


@dataclass(frozen=True, slots=True)
class Due:
    """The head of a parked sequence, claimed for its `attempt`th new try."""

    recorded: Recorded
    attempt: int


@dataclass(frozen=True, slots=True)
class ParkedSequence:
    """Parked events of one stream. `standing_version` was consumed last; `error` is the head's code, None if it waits.

    `next_attempt_at` None: no attempt by itself any more.
    """

    consumer: str
    log: str
    stream: str
    from_version: int
    to_version: int
    count: int
    standing_version: int
    error: str | None
    attempts: int
    parked_since: datetime
    next_attempt_at: datetime | None

    @property
    def waits_for(self) -> int | None:
        """The version that is missing before the head, None if the head itself failed."""
        return self.standing_version + 1 if self.from_version > self.standing_version + 1 else None


async def list_parked(pool: Pool, consumer: str | None = None) -> list[ParkedSequence]:
    """Return the parked sequences of one consumer, or of all."""
    return [ParkedSequence(*row) for row in await pool.fetch(_LIST, consumer)]


async def count_parked(pool: Pool, consumer: str) -> int:
    """Return how many events of a consumer are parked."""
    count: int = await pool.fetchval("SELECT count(*) FROM log.parked WHERE consumer = $1", consumer)
    return count


async def retry(pool: Pool, consumer: str, log: str, stream: str) -> bool:
    """Let the head of a sequence be tried again at once; returns whether there is such a sequence."""
    status = await pool.execute(
        "UPDATE log.parked SET next_attempt_at = clock_timestamp() WHERE consumer = $1 AND log = $2 AND stream = $3",
        *(consumer, log, stream),
    )
    return status != "UPDATE 0"


async def park(
    source: Source, consumer: str, events: Sequence[Recorded], error: str | None = None, after_s: float = 0.0
) -> None:
    """Keep events until their turn comes; one that is parked already stays as it is.

    Raises WatermarkConflict when another event is parked under the same version.
    """
    if not events:
        return
    columns = zip(*([getattr(r, name) for name in _RECORDED.split(", ")] for r in events), strict=True)
    status = await source.execute(_PARK, consumer, *(list(column) for column in columns), error, after_s)
    if status != f"INSERT 0 {len(events)}":
        raise WatermarkConflict(consumer, events[0])


async def due_heads(pool: Pool, consumer: str, limit: int = 256) -> list[Head]:
    """Return heads whose turn and time have come, at most `limit`."""
    return [Head(*row) for row in await pool.fetch(_DUE, consumer, limit)]


async def claim(pool: Pool, consumer: str, head: Head) -> Due | None:
    """Claim a head, None if it is not there or not due; a claim that nobody finishes is void after a minute."""
    row = await pool.fetchrow(_CLAIM, consumer, head.log, head.stream, head.version)
    return Due(Recorded(*row[1:]), row[0]) if row else None


async def remove(source: Source, consumer: str, recorded: Recorded) -> None:
    """Take an event out of the table because it has taken effect."""
    await source.execute(
        "DELETE FROM log.parked WHERE consumer = $1 AND log = $2 AND stream = $3 AND version = $4",
        *(consumer, recorded.log, recorded.stream, recorded.version),
    )


async def failed_again(pool: Pool, consumer: str, due: Due, error: str, tiers_s: Sequence[float]) -> None:
    """Note that an attempt failed, and when the next one is; after the last tier only an operator asks for one."""
    after_s = tiers_s[due.attempt] if due.attempt < len(tiers_s) else None
    await pool.execute(
        "UPDATE log.parked SET error = $5,"
        " next_attempt_at = coalesce(clock_timestamp() + make_interval(secs => $6), 'infinity')"
        " WHERE consumer = $1 AND log = $2 AND stream = $3 AND version = $4",
        *(consumer, due.recorded.log, due.recorded.stream, due.recorded.version, error, after_s),
    )


async def put_back(pool: Pool, consumer: str, due: Due) -> None:
    """Undo a claim that an outage has kept from being tried."""
    await pool.execute(
        "UPDATE log.parked SET attempts = attempts - 1, next_attempt_at = clock_timestamp()"
        " WHERE consumer = $1 AND log = $2 AND stream = $3 AND version = $4",
        *(consumer, due.recorded.log, due.recorded.stream, due.recorded.version),
    )
