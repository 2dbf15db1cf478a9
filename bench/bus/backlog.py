"""The same backlog for every contender: events of a public type in many streams, in our log or in txoutbox's table."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
from txoutbox.adapters.postgres import PostgresStorage

from shared.contracts.intake import SubmissionAccepted
from shared.eventstore.append import Append, NewEvent
from shared.eventstore.store import EventStore
from shared.kernel.events import Codec
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata, system_actor
from shared.kernel.recorded import Recorded
from shared.messaging.envelope import headers_of

EACH = 10  # events of a stream
TABLE = "outbox"
_AT = datetime(2026, 11, 22, 5, 26, 4, tzinfo=UTC)
_AT_ONCE = 1024
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_CODEC = Codec([SubmissionAccepted])


async def fill_log(store: EventStore, count: int) -> None:
    """Append `count` events through the log's own appender, one to each stream in turn, until each has ten."""
    streams = [new_id() for _ in range(count // EACH)]
    for version in range(EACH):
        for start in range(0, len(streams), _AT_ONCE):
            appends = (_append(stream, version) for stream in streams[start : start + _AT_ONCE])
            await asyncio.gather(*(store.appender.append(append, wait=True) for append in appends))


async def events_of(store: EventStore, count: int) -> list[Recorded]:
    """Return the first `count` events of the log."""
    events: list[Recorded] = []
    while len(events) < count:
        events += await store.log.read_page(after=len(events), limit=min(2000, count - len(events)))
    return events


async def fill_outbox(pool: "asyncpg.Pool[asyncpg.Record]", topic: str, events: Sequence[Recorded]) -> None:
    """Fill txoutbox's table, made by its own `create_schema`, with the same messages; headers are text there."""
    await pool.execute(f"DROP TABLE IF EXISTS {TABLE}")
    await PostgresStorage(pool).create_schema()
    await pool.copy_records_to_table(
        TABLE,
        columns=["topic", "key", "payload", "headers"],
        records=[(topic, event.stream, event.payload, _header_text(event)) for event in events],
    )
    await pool.execute(f"VACUUM ANALYZE {TABLE}")


def _header_text(event: Recorded) -> str:
    return json.dumps({name: value.decode() for name, value in headers_of(event)})


def _append(submission: UUID, version: int) -> Append:
    payload, metadata = _CODEC.encode(_accepted(submission)), _metadata(submission)
    event = NewEvent(new_id(), "SubmissionAccepted", 1, payload, metadata)
    return Append(new_id(), f"submission-{submission}", version, (event,))


def _accepted(submission: UUID) -> SubmissionAccepted:
    return SubmissionAccepted(
        submission_id=submission,
        case_id=new_id(),
        matter=submission,
        jurisdiction="331123",
        rules_version="331123/2020-01-01",
        kind="finding",
        source="inspection",
        concerned=submission,
        applicant=None,
        notify=submission,
        situations=("SC.4",),
        act_on=date(2022, 4, 15),
    )


def _metadata(submission: UUID) -> bytes:
    return Metadata(
        log="notification",
        matter=submission,
        jurisdiction="331123",
        occurred_at=_AT,
        actor=system_actor("bench"),
        rules_version="331123/2020-01-01",
        policy=None,
        purpose=None,
        correlation=submission,
        causation=None,
        traceparent=_TRACEPARENT,
    ).encode()
