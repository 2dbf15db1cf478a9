"""One verdict per append: what does not hold is refused alone, what was sent before is answered again."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.eventstore.append import Fence, IdempotencyRecord, KnownKey, Stored, Timer, Watermark
from shared.eventstore.appender import Appender
from shared.eventstore.errors import (
    AppendRefused,
    EventIdTaken,
    Fenced,
    KeyKnown,
    LogStopped,
    VersionConflict,
    WatermarkRefused,
)
from shared.eventstore.leases import take
from shared.eventstore.log import EventLog
from shared.eventstore.verdicts import APPEND, arguments
from shared.kernel.ids import new_id
from tests.eventstore.databases import LogDatabase, connected
from tests.eventstore.samples import MATTER, a_stream, an_append, events

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SOURCE = "tally-018f0000-0000-7000-8000-0000000000aa"


def a_record(key: str = "k") -> IdempotencyRecord:
    return IdempotencyRecord("caller|POST|/x", key, b"digest", 201, "/x/1")


def a_mark(version: int, **changes: Any) -> Watermark:
    return replace(Watermark("archive.intake", "adjudication", SOURCE, version, new_id()), **changes)


async def test_versions_and_positions_follow_one_another(appender: Appender, log: EventLog) -> None:
    stream = a_stream()
    assert await appender.append(an_append(stream, count=3)) == Stored(position=3, version=3)
    assert await appender.append(an_append(stream, expected=3)) == Stored(position=4, version=4)
    page = await log.read_page(after=0)
    assert [(event.position, event.version) for event in page] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert await log.head() == 4


async def test_of_rivals_in_one_batch_the_first_is_stored_and_the_others_learn_the_new_end(
    database: LogDatabase, log: EventLog
) -> None:
    stream = a_stream()
    first, last = (an_append(stream, count=0, idempotency=a_record(key)) for key in ("first", "last"))
    batch = [first, *(an_append(stream, count=n) for n in (3, 1)), an_append(), last]
    async with connected(database.app) as app:
        rows = await app.fetch(APPEND, *arguments(batch))
    told = [(row["outcome"], row["position"], row["version"]) for row in rows]
    conflict = ("version-conflict", 0, 3)
    assert told == [("stored", 0, 0), ("stored", 3, 3), conflict, ("stored", 4, 1), conflict]
    assert [event.event_id for event in await log.read_stream(stream)] == [e.event_id for e in batch[1].events]


async def test_events_are_stored_byte_for_byte(appender: Appender, log: EventLog) -> None:
    append = an_append(count=2)
    await appender.append(append)
    stored = await log.read_stream(append.stream)
    assert [(e.event_id, e.type, e.schema_version, e.payload, e.metadata) for e in stored] == [
        (e.event_id, e.type, e.schema_version, e.payload, e.metadata) for e in append.events
    ]
    assert await log.event(append.events[1].event_id) == stored[1]
    assert await log.event(new_id()) is None


async def test_a_conflict_names_the_actual_version_and_does_not_hurt_its_neighbours(appender: Appender) -> None:
    stream = a_stream()
    await appender.append(an_append(stream, count=2))
    batch = [an_append(), an_append(stream, expected=1), an_append(), an_append(stream, expected=7)]
    first, stale, third, ahead = await asyncio.gather(*map(appender.append, batch), return_exceptions=True)
    assert (first, third) == (Stored(3, 1), Stored(4, 1))
    assert isinstance(stale, VersionConflict)
    assert (stale.expected, stale.actual) == (1, 2)
    assert isinstance(ahead, VersionConflict)
    assert (ahead.expected, ahead.actual) == (7, 2)


async def test_two_appends_to_one_stream_at_the_same_time_are_flushed_one_after_the_other(appender: Appender) -> None:
    stream = a_stream()
    appends = [an_append(stream, expected=n) for n in range(5)]
    stored = await asyncio.gather(*map(appender.append, appends))
    assert [answer.version for answer in stored] == [1, 2, 3, 4, 5]


async def test_the_same_append_again_is_answered_with_its_place(appender: Appender, log: EventLog) -> None:
    append = an_append(count=2, idempotency=a_record(), watermark=a_mark(1), timers=(Timer("t", NOON),))
    first = await appender.append(append)
    await appender.append(an_append(append.stream, expected=2))
    assert await appender.append(append) == first == Stored(2, 2)
    assert await log.head() == 3


async def test_a_known_event_id_with_other_bytes_is_taken(appender: Appender, log: EventLog) -> None:
    append = an_append()
    await appender.append(append)
    for forged in (
        replace(append, events=(replace(append.events[0], payload=b'{"amount":9}'),)),
        replace(append, events=(*append.events, *events(1))),
        replace(append, stream=a_stream()),
    ):
        with pytest.raises(EventIdTaken) as taken:
            await appender.append(forged)
        assert taken.value.event_id == append.events[0].event_id
    assert await log.head() == 1


async def test_a_known_key_is_answered_with_the_record_that_was_kept(appender: Appender, log: EventLog) -> None:
    append = an_append(count=2, idempotency=a_record())
    await appender.append(append)
    kept = KnownKey(b"digest", 201, "/x/1", append.stream, 2, 2)
    with pytest.raises(KeyKnown) as known:
        await appender.append(an_append(idempotency=replace(a_record(), digest=b"other")))
    assert known.value.record == kept
    assert await log.known_key("caller|POST|/x", "k") == kept
    assert await log.known_key("another|POST|/x", "k") is None
    assert await log.head() == 2


async def test_of_twins_one_is_stored_and_the_other_is_told(appender: Appender, log: EventLog) -> None:
    twins = [an_append(idempotency=a_record()) for _ in range(2)]
    answers = await asyncio.gather(*map(appender.append, twins), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Stored, KeyKnown]
    assert await log.head() == 1


async def test_a_watermark_moves_by_one_and_says_what_is_wrong_otherwise(appender: Appender, log: EventLog) -> None:
    first, second = a_mark(1), a_mark(2)
    for mark in (first, second):
        await appender.append(an_append(watermark=mark))
    for mark, kind in (
        (second, "duplicate"),
        (a_mark(2), "conflict"),
        (first, "duplicate"),
        (a_mark(4), "hole"),
    ):
        with pytest.raises(WatermarkRefused) as refused:
            await appender.append(an_append(watermark=mark))
        assert (refused.value.kind, refused.value.standing_version) == (kind, 2)
    await appender.append(an_append(watermark=a_mark(1, consumer="notification.adjudication")))
    assert await log.head() == 3


async def test_a_watermark_that_begins_with_a_hole_is_refused(appender: Appender) -> None:
    with pytest.raises(WatermarkRefused) as refused:
        await appender.append(an_append(watermark=a_mark(2)))
    assert (refused.value.kind, refused.value.standing_version) == ("hole", 0)


async def test_an_old_epoch_is_fenced(appender: Appender, log: EventLog) -> None:
    lease = await take(log.pool, "deadlines", "a", 30)
    assert lease is not None
    await appender.append(an_append(fence=Fence(lease.name, lease.epoch)))
    assert await take(log.pool, "deadlines", "a", 30)
    for fence in (Fence("deadlines", 1), Fence("nobody's", 1)):
        with pytest.raises(Fenced):
            await appender.append(an_append(fence=fence))
    await appender.append(an_append(fence=Fence("deadlines", 2)))
    assert await log.head() == 2


async def test_a_stopped_log_takes_nothing_and_still_answers_what_stands(appender: Appender, log: EventLog) -> None:
    standing, keeping = an_append(), an_append(count=0, idempotency=a_record())
    for append in (standing, keeping):
        await appender.append(append)
    await log.pool.execute("SELECT log.set_stopped('log-behind')")
    refused = [an_append(), an_append(standing.stream, expected=9), an_append(count=0, watermark=a_mark(1))]
    batch = [*refused, standing, keeping]
    answers = await asyncio.gather(*map(appender.append, batch), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LogStopped] * 3 + [Stored] * 2
    assert await log.head() == 1
    await log.pool.execute("SELECT log.set_stopped(NULL)")
    assert await appender.append(refused[0]) == Stored(2, 1)


async def test_an_append_without_events_keeps_its_record_and_moves_no_position(
    appender: Appender, log: EventLog
) -> None:
    stream = a_stream()
    await appender.append(an_append(stream, count=2))
    keeping = an_append(stream, expected=2, count=0, idempotency=a_record(), watermark=a_mark(1))
    assert await appender.append(keeping) == Stored(2, 2)
    assert await appender.append(keeping) == Stored(2, 2)
    only_mark = an_append(stream, expected=2, count=0, watermark=a_mark(2))
    assert await appender.append(only_mark) == await appender.append(only_mark) == Stored(2, 2)
    with pytest.raises(VersionConflict):
        await appender.append(an_append(stream, expected=1, count=0, timers=(Timer("t", NOON),)))
    assert await log.head() == 2


async def test_timers_are_set_moved_and_cancelled_with_the_events(appender: Appender, log: EventLog) -> None:
    stream = a_stream()
    later = NOON.replace(hour=13)

    async def timers() -> list[tuple[str, datetime]]:
        rows = await log.pool.fetch("SELECT name, due_at FROM log.timers WHERE stream = $1 ORDER BY name", stream)
        return [(row["name"], row["due_at"]) for row in rows]

    await appender.append(an_append(stream, timers=(Timer("a", NOON), Timer("b", NOON))))
    assert await timers() == [("a", NOON), ("b", NOON)]
    await appender.append(an_append(stream, expected=1, timers=(Timer("a", None), Timer("b", later))))
    assert await timers() == [("b", later)]
    with pytest.raises(VersionConflict):
        await appender.append(an_append(stream, expected=1, timers=(Timer("b", None),)))
    assert await timers() == [("b", later)]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"payload": b'{"a":"' + b"x" * 262144 + b'"}'}, "payload over 256 KiB"),
        ({"metadata": b'{"a":"' + b"x" * 8192 + b'"}'}, "metadata over 8 KiB"),
        ({"payload": b'{"a": 1}'}, "not canonical JSON"),
        ({"metadata": b'{"b":1,"a":1}'}, "not canonical JSON"),
        ({"type": "not a type"}, "a type is a class name"),
        ({"schema_version": 0}, "23514"),
    ],
)
async def test_what_can_never_be_stored_is_refused_and_its_neighbours_are_stored(
    appender: Appender, event: dict[str, Any], reason: str
) -> None:
    bad = an_append(events=(replace(events()[0], **event),))
    batch = [an_append(), bad, an_append()]
    first, refused, third = await asyncio.gather(*map(appender.append, batch), return_exceptions=True)
    assert isinstance(first, Stored)
    assert isinstance(third, Stored)
    assert isinstance(refused, AppendRefused)
    assert refused.reason == reason


@pytest.mark.parametrize("stream", ["no-uuid", f"Tally-{MATTER}", f"a-b-{MATTER}", f"-{MATTER}", f"a-{MATTER} "])
async def test_a_stream_is_named_by_its_category_and_a_uuid(appender: Appender, stream: str) -> None:
    with pytest.raises(AppendRefused, match="<category>-<uuid>"):
        await appender.append(an_append(stream))


async def test_an_append_of_nothing_is_refused(appender: Appender) -> None:
    with pytest.raises(AppendRefused, match="nothing to write"):
        await appender.append(an_append(count=0))


async def test_the_largest_payload_and_metadata_are_stored(appender: Appender) -> None:
    payload, metadata = (b'{"a":"' + b"x" * (size - 8) + b'"}' for size in (262144, 8192))
    full = replace(events()[0], payload=payload, metadata=metadata)
    assert await appender.append(an_append(events=(full,))) == Stored(1, 1)
