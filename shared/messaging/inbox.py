"""Watermarks: how far a consumer has come in each stream, kept in the transaction of the effect.

They decide what is a duplicate, what is a hole, and what must never happen: another event under a known version.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID

from shared.kernel.recorded import Recorded
from shared.messaging.alarm import Alarm
from shared.messaging.connections import Connection, Source

Key = tuple[str, str]  # log and stream

# What a handler's own append has moved already is left alone: locking the row would cost a commit on the disk.
_ADVANCE = """
INSERT INTO log.inbox AS i (consumer, log, stream, version, event_id)
SELECT $1, n.* FROM unnest($2::text[], $3::text[], $4::bigint[], $5::uuid[]) AS n (log, stream, version, event_id)
WHERE NOT EXISTS (
    SELECT FROM log.inbox AS s
    WHERE s.consumer = $1 AND s.log = n.log AND s.stream = n.stream AND s.version >= n.version)
ORDER BY 2, 3
ON CONFLICT (consumer, log, stream) DO UPDATE
SET version = excluded.version, event_id = excluded.event_id, append_id = NULL
WHERE i.version < excluded.version
"""


class WatermarkMoved(Exception):
    """Another member has consumed an event meanwhile: roll back, and look again."""


class WatermarkConflict(Alarm):
    """The stream's version was consumed before with another event id: logs have diverged."""

    def __init__(self, consumer: str, recorded: Recorded) -> None:
        super().__init__(f"{consumer}: {recorded.log}/{recorded.stream} version {recorded.version}")
        self.recorded = recorded


class Verdict(Enum):
    """What an arriving event is to a consumer."""

    NEXT = auto()
    DUPLICATE = auto()
    HOLE = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """The last consumed event of a stream."""

    version: int
    event_id: UUID | None


_NOTHING = Standing(0, None)


class Inbox:
    """The watermarks of one consumer for the streams at hand, as they stood when they were read."""

    def __init__(self, consumer: str, standing: dict[Key, Standing]) -> None:
        self.consumer = consumer
        self._standing = standing

    @classmethod
    async def read(cls, source: Source, consumer: str, keys: Collection[Key]) -> "Inbox":
        """Read the watermarks of these streams."""
        logs, streams = [key[0] for key in keys], [key[1] for key in keys]
        rows = await source.fetch(
            "SELECT log, stream, version, event_id FROM log.inbox"
            " WHERE consumer = $1 AND (log, stream) IN (SELECT * FROM unnest($2::text[], $3::text[]))",
            *(consumer, logs, streams),
        )
        return cls(consumer, {(row["log"], row["stream"]): Standing(row["version"], row["event_id"]) for row in rows})

    def judge(self, recorded: Recorded) -> Verdict:
        """Compare an event with the watermark of its stream; raises WatermarkConflict."""
        standing = self._standing.get(key_of(recorded), _NOTHING)
        if recorded.version == standing.version and recorded.event_id != standing.event_id:
            raise WatermarkConflict(self.consumer, recorded)
        if recorded.version <= standing.version:
            return Verdict.DUPLICATE
        return Verdict.NEXT if recorded.version == standing.version + 1 else Verdict.HOLE

    def consumed(self, recorded: Recorded) -> None:
        """Count an event as consumed from here on; what stands in the table is moved by the effect or `advance`."""
        self._standing[key_of(recorded)] = Standing(recorded.version, recorded.event_id)


def key_of(recorded: Recorded) -> Key:
    """Return what the watermark of an event is kept under."""
    return recorded.log, recorded.stream


async def advance(connection: Source, consumer: str, consumed: Iterable[Recorded]) -> int:
    """Move the watermarks to the last of these events of each stream; return how many have not stood there already."""
    last = {key_of(recorded): recorded for recorded in consumed}
    if not last:
        return 0
    columns = zip(*((r.log, r.stream, r.version, r.event_id) for r in last.values()), strict=True)
    status = await connection.execute(_ADVANCE, consumer, *(list(column) for column in columns))
    return int(status.rpartition(" ")[2])


async def advance_alone(connection: Connection, consumer: str, consumed: Collection[Recorded]) -> None:
    """Move the watermarks in the transaction of the effect; raises WatermarkMoved if somebody else has moved one."""
    if await advance(connection, consumer, consumed) != len({key_of(recorded) for recorded in consumed}):
        raise WatermarkMoved(consumer)
