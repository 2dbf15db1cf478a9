"""The batch as `log.append` takes it, and its verdicts as values and exceptions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg

from shared.eventstore.append import Append, KnownKey, Stored
from shared.eventstore.errors import (
    EventIdTaken,
    Fenced,
    KeyKnown,
    LogStopped,
    NotAppended,
    VersionConflict,
    WatermarkRefused,
)

APPEND = "SELECT * FROM log.append($1, $2, $3)"

Row = tuple[Any, ...]


def arguments(batch: Sequence[Append]) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the rows of `log.new_append`, `log.new_event` and `log.new_timer` for one call."""
    events = [
        (n, event.event_id, event.type, event.schema_version, event.payload, event.metadata)
        for n, append in enumerate(batch, 1)
        for event in append.events
    ]
    timers = [(n, timer.name, timer.due_at) for n, append in enumerate(batch, 1) for timer in append.timers]
    return [_append_row(append) for append in batch], events, timers


def verdict(append: Append, row: asyncpg.Record) -> Stored | NotAppended:
    """Read the answer to `append`."""
    if row["outcome"] == "stored":
        return Stored(row["position"], row["version"])
    return _REFUSALS[row["outcome"]](append, row)


def _append_row(append: Append) -> Row:
    record, mark, fence = append.idempotency, append.watermark, append.fence
    return (
        append.append_id,
        append.stream,
        append.expected_version,
        *((record.scope, record.key, record.digest, record.status, record.location) if record else (None,) * 5),
        *((mark.consumer, mark.log, mark.stream, mark.version, mark.event_id) if mark else (None,) * 5),
        *((fence.lease, fence.epoch) if fence else (None,) * 2),
    )


def known_key(row: asyncpg.Record) -> KnownKey:
    """Read a kept idempotency record."""
    return KnownKey(row["digest"], row["status"], row["location"], row["stream"], row["version"], row["position"])


_REFUSALS: Mapping[str, Callable[[Append, asyncpg.Record], NotAppended]] = {
    "log-stopped": lambda *_: LogStopped(),
    "version-conflict": lambda append, row: VersionConflict(append.stream, append.expected_version, row["version"]),
    "event-id-taken": lambda _, row: EventIdTaken(row["event_id"]),
    "key-known": lambda _, row: KeyKnown(known_key(row)),
    "watermark-duplicate": lambda _, row: WatermarkRefused("duplicate", row["version"]),
    "watermark-hole": lambda _, row: WatermarkRefused("hole", row["version"]),
    "watermark-conflict": lambda _, row: WatermarkRefused("conflict", row["version"]),
    "fenced": lambda append, _: Fenced(append.fence.lease if append.fence else ""),
}
