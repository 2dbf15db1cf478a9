"""How far a consumer has come in each partition: rows moved by compare-and-swap, naming the last event.

A place only saves reading again; what has taken effect is decided by the watermarks (`shared.messaging.inbox`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.database.pool import Pool
from shared.messaging.connections import Connection

_MOVE = """
WITH asked AS MATERIALIZED (
    SELECT a.*, set_config('synchronous_commit', coalesce($8, current_setting('synchronous_commit')), true)
    FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::uuid[], $6::bigint[], $7::uuid[])
        AS a (topic, partition, last_offset, event_id, old_offset, old_id)
)
INSERT INTO log.places AS p (consumer, topic, partition, last_offset, event_id)
SELECT $1, topic, partition, last_offset, event_id FROM asked ORDER BY topic, partition
ON CONFLICT (consumer, topic, partition) DO UPDATE
SET last_offset = excluded.last_offset, event_id = excluded.event_id
WHERE (p.last_offset, p.event_id) = (
    SELECT a.old_offset, a.old_id FROM asked AS a WHERE a.topic = p.topic AND a.partition = p.partition)
"""


class PlaceMoved(Exception):
    """Another member has moved a place since it was read: the partition is no longer ours."""


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One of the 12 parts of a topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Place:
    """The last record that was dealt with: its offset, and its event id to know it again."""

    offset: int
    event_id: UUID


class Places:
    """The places of one consumer as this member knows them."""

    def __init__(self, pool: Pool, consumer: str) -> None:
        self.pool = pool
        self.consumer = consumer
        self.known: dict[Partition, Place] = {}
        self._void: set[Partition] = set()

    def void(self, partitions: Collection[Partition]) -> None:
        """Take note that these places are not in the topic any more, and that reading began at its beginning."""
        self._void |= set(partitions)

    def standing(self) -> dict[Partition, Place]:
        """Return the places that are not void."""
        return {partition: place for partition, place in self.known.items() if partition not in self._void}

    async def load(self, topics: Collection[str]) -> dict[Partition, Place]:
        """Read the places in `topics` and remember them for the next `move`."""
        rows = await self.pool.fetch(
            "SELECT topic, partition, last_offset, event_id FROM log.places WHERE consumer = $1 AND topic = ANY($2)",
            *(self.consumer, list(topics)),
        )
        loaded = {Partition(row["topic"], row["partition"]): Place(row["last_offset"], row["event_id"]) for row in rows}
        self.known = {p: place for p, place in self.known.items() if p.topic not in topics} | loaded
        return loaded

    async def move(self, connection: Connection, ends: Mapping[Partition, Place], *, alone: bool = False) -> None:
        """Move places that stand where this member knows them, all or none; raises PlaceMoved.

        Inside a transaction call `moved` after its commit. `alone`, without one, the commit does not wait for the disk:
        what a crash takes back is read again, and dropped.
        """
        old = [self.known.get(partition) for partition in ends]
        status = await connection.execute(
            _MOVE,
            self.consumer,
            [partition.topic for partition in ends],
            [partition.number for partition in ends],
            [place.offset for place in ends.values()],
            [place.event_id for place in ends.values()],
            [place and place.offset for place in old],
            [place and place.event_id for place in old],
            "off" if alone else None,
        )
        if status != f"INSERT 0 {len(ends)}":
            raise PlaceMoved(self.consumer)

    def moved(self, ends: Mapping[Partition, Place]) -> None:
        """Remember what has been committed."""
        self.known.update(ends)
        self._void -= ends.keys()
