"""What `rongcuo recover <log>` does when a database came back behind its topic: look, put back, open, and say so.

Only a log that is a true beginning of the topic is completed. Where the two differ, nobody but people can decide, and
nothing is touched. If a service appends meanwhile, the restoration is refused by the database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.eventstore.log import EventLog
from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.kernel.recorded import Recorded
from shared.messaging.connections import Connection
from shared.messaging.events import RECOVERY, LogRecovered, recovery_id
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.reader import open_reader
from shared.messaging.topics import topic_name

_CHUNK = 1000
_ADVICE = {
    "diverged": "log and topic hold different events there. Restore a backup of the log that ends before it",
    "hole": "the topic lacks it and holds later ones. Restore a backup of the log that holds it",
}
_COLUMNS = "position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at"


class RecoveryRefused(Exception):
    """The log may not be completed from the topic; `code` is `diverged` or `hole`, `position` where."""

    def __init__(self, log: str, code: str, position: int) -> None:
        super().__init__(
            f"{log}: {code} at position {position}: {_ADVICE[code]} and recover that one before the service starts"
            " (docs/bus.md). Nothing was changed"
        )
        self.code = code
        self.position = position


@dataclass(frozen=True)
class Evidence:
    """Log and topic side by side. `missing` are the topic's events behind the head of the log, by position.

    `diverged_at` is the first position at which both hold different events, or the topic holds two of them.
    """

    log: str
    head: int
    agreeing: int
    diverged_at: int | None
    missing: tuple[Recorded, ...]

    @property
    def hole(self) -> int | None:
        """The first position behind the head that the topic does not hold although it holds later ones."""
        expected = range(self.head + 1, self.head + 1 + len(self.missing))
        return next((p for p, event in zip(expected, self.missing, strict=True) if event.position != p), None)

    def check(self) -> None:
        """Raise RecoveryRefused unless the missing events can be put back."""
        if self.diverged_at is not None:
            raise RecoveryRefused(self.log, "diverged", self.diverged_at)
        if self.hole is not None:
            raise RecoveryRefused(self.log, "hole", self.hole)


async def examine(log: EventLog, settings: KafkaSettings) -> Evidence:
    """Read the whole topic and compare every event in it with the log, by hash."""
    head = await log.head()
    missing: dict[int, Recorded] = {}
    agreeing, diverged = 0, set[int]()
    chunk: list[Recorded] = []
    async with open_reader(settings) as reader:
        async for recorded in reader.everything(topic_name(settings.topic_prefix, log.name)):
            if recorded.position > head:
                if missing.setdefault(recorded.position, recorded).hash != recorded.hash:
                    diverged.add(recorded.position)
                continue
            chunk.append(recorded)
            if len(chunk) == _CHUNK:
                diverged |= await _different(log, chunk)
                agreeing, chunk = agreeing + len(chunk), []
    diverged |= await _different(log, chunk)
    ordered = tuple(missing[position] for position in sorted(missing))
    return Evidence(log.name, head, agreeing + len(chunk) - len(diverged), min(diverged, default=None), ordered)


async def recover(
    store: EventStore, owner: Connection, settings: KafkaSettings, cause: Cause, *, reason: str
) -> Evidence:
    """Put back what the topic shows to be missing and append LogRecovered; returns the evidence it acted on.

    `owner` is a connection as the owner of the tables, `reason` a code in kebab-case. May be repeated: a recovery
    that was interrupted before its event gets it now. Raises RecoveryRefused, and then nothing was written.
    """
    evidence = await examine(store.log, settings)
    evidence.check()
    await _restore(owner, store.log.name, evidence.missing)
    for row in await store.log.pool.fetch("SELECT from_position, to_position FROM log.restorations ORDER BY 1"):
        begin, end = row["from_position"], row["to_position"]
        decision = LogRecovered(from_position=begin, to_position=end, restored=end - begin + 1, reason=reason)
        await transact(
            store, RECOVERY, recovery_id(store.log.name, begin), decision, rules=None, cause=cause, wait=True
        )
    return evidence


async def _restore(owner: Connection, log: str, missing: Sequence[Recorded]) -> None:
    """Put back what is missing and let the log take appends again.

    A relay that has seen the log as it was would stop it again: the next epoch refuses it.
    """
    async with owner.transaction():
        await owner.execute("UPDATE log.relay SET epoch = epoch + 1 WHERE log = $1", log)
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            await owner.execute("SELECT log.restore_events($1, $2, $3, $4, $5, $6, $7, $8, $9)", *_columns(chunk))
        if missing:
            await owner.execute(
                "INSERT INTO log.restorations (from_position, to_position) VALUES ($1, $2)",
                *(missing[0].position, missing[-1].position),
            )
        await owner.execute("SELECT log.set_stopped(NULL)")


async def _different(log: EventLog, events: Sequence[Recorded]) -> set[int]:
    """Return the positions at which the log does not hold these events."""
    rows = await log.pool.fetch(
        f"SELECT {_COLUMNS} FROM log.events WHERE position = ANY($1)",  # noqa: S608
        [recorded.position for recorded in events],
    )
    standing = {row["position"]: Recorded(log.name, *row).hash for row in rows}
    return {recorded.position for recorded in events if standing.get(recorded.position) != recorded.hash}


def _columns(events: Iterable[Recorded]) -> list[list[object]]:
    rows = ([getattr(recorded, name) for name in _COLUMNS.split(", ")] for recorded in events)
    return [list(column) for column in zip(*rows, strict=True)]
