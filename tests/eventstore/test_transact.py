"""Load, decide, append, retry: what a use case relies on."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.eventstore.append import Append, Fence, IdempotencyRecord, Stored, Timer, Watermark
from shared.eventstore.appender import Appender
from shared.eventstore.cache import AggregateCache, Folded
from shared.eventstore.errors import Fenced, KeyKnown, VersionConflict, WatermarkRefused
from shared.eventstore.store import EventStore, open_store
from shared.eventstore.transact import Outcome, transact
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected, UnknownEvent
from shared.kernel.events import Codec
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata
from tests.eventstore.databases import LOG, LogDatabase
from tests.eventstore.samples import CAUSE, MATTER, TALLY, Count, Counted, Open, Opened, Tally, an_append

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = IdempotencyRecord("caller|POST|/tallies", "k", b"d", 201, "/tallies/1")


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def store(store: EventStore, clock: Hands) -> EventStore:
    return replace(store, clock=clock)


async def command(store: EventStore, tally: Any, order: Open | Count, **kept: Any) -> Outcome[Tally]:
    return await transact(store, kept.pop("decider", TALLY), tally, order, rules=None, cause=CAUSE, **kept)


async def test_a_command_answers_the_new_state_and_where_it_stands(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open(limit=10))
    outcome = await command(store, tally, Count(4))
    assert outcome == Outcome(Tally(4, 10, MATTER, "331123", "r1"), version=2, position=2, events=(Counted(amount=4),))
    assert await store.load(TALLY, tally) == Folded(outcome.state, 2, NOON)


async def test_metadata_come_from_the_new_state_and_the_cause(store: EventStore) -> None:
    tally, cause = new_id(), replace(CAUSE, causation=new_id(), purpose="test", traceparent="00-ab-cd-01")
    await transact(store, TALLY, tally, Open(), rules=None, cause=cause)
    stored = (await store.log.read_stream(TALLY.stream(tally)))[0]
    assert Metadata.decode(stored.metadata) == Metadata(
        log=LOG,
        matter=MATTER,
        jurisdiction="331123",
        occurred_at=NOON,
        actor=CAUSE.actor,
        rules_version="r1",
        policy=None,
        purpose="test",
        correlation=CAUSE.correlation,
        causation=cause.causation,
        traceparent="00-ab-cd-01",
    )


async def test_a_command_that_changes_nothing_stores_nothing(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    assert await command(store, tally, Open()) == Outcome(
        Tally(0, 1000, MATTER, "331123", "r1"), version=1, position=1, events=()
    )
    assert await store.log.head() == 1


async def test_a_command_that_changes_nothing_keeps_its_idempotency_record(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    outcome = await command(store, tally, Open(), idempotency=RECORD)
    assert (outcome.version, outcome.position, outcome.events) == (1, 1, ())
    known = await store.log.known_key(RECORD.scope, RECORD.key)
    assert known
    assert (known.version, known.position) == (1, 1)


async def test_a_dry_run_answers_the_events_and_stores_nothing(store: EventStore) -> None:
    tally = new_id()
    outcome = await command(store, tally, Open(limit=5), dry_run=True)
    assert (outcome.version, outcome.events, outcome.position) == (1, (Opened(limit=5),), 0)
    assert (await store.load(TALLY, tally)).version == 0
    assert await store.log.head() == 0


async def test_commands_on_one_aggregate_at_the_same_time_are_all_carried_out(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    await asyncio.gather(*(command(store, tally, Count(n), attempts=20) for n in range(1, 11)))
    assert (await store.load(TALLY, tally)).state.total == 55


class Overtaken(Appender):
    """An appender before which another writer always comes first."""

    async def append(self, append: Append, *, wait: bool = False) -> Stored:
        await super().append(an_append(append.stream, append.expected_version))
        return await super().append(append, wait=wait)


async def test_a_conflict_is_decided_again_on_the_newer_state_only_so_often(
    store: EventStore, database: LogDatabase
) -> None:
    tally = new_id()
    await command(store, tally, Open())
    async with Overtaken(database.app) as overtaken:
        with pytest.raises(VersionConflict) as conflict:
            await command(replace(store, appender=overtaken), tally, Count(1), attempts=3)
    assert (conflict.value.expected, conflict.value.actual) == (3, 4)


async def test_an_expected_version_that_has_passed_is_a_conflict(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    await command(store, tally, Count(1), expected_version=1)
    with pytest.raises(VersionConflict) as conflict:
        await command(store, tally, Count(1), expected_version=1)
    assert (conflict.value.expected, conflict.value.actual) == (1, 2)
    assert (await store.load(TALLY, tally)).state.total == 1


async def test_a_stale_cache_is_never_decided_on(store: EventStore) -> None:
    """Another process fills the tally; the rejection and the next fold rest on what it wrote."""
    tally = new_id()
    await command(store, tally, Open(limit=5))
    await command(replace(store, cache=AggregateCache()), tally, Count(5))
    cached = store.cache.get(TALLY.stream(tally), TALLY.reducer_version)
    assert cached
    assert cached.version == 1
    with pytest.raises(Rejected) as rejected:
        await command(store, tally, Count(1))
    assert rejected.value.code == "tally-full"
    await command(replace(store, cache=AggregateCache()), tally, Count(-3))
    assert (await command(store, tally, Count(1))).state.total == 3


async def test_a_state_of_an_older_reducer_is_not_used(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    await command(store, tally, Count(2))
    doubled = replace(TALLY, evolve=lambda s, e: TALLY.evolve(TALLY.evolve(s, e), e), reducer_version=2)
    assert (await store.load(doubled, tally)).state.total == 4
    assert (await store.load(TALLY, tally)).state.total == 2


async def test_a_twin_gets_the_answer_of_the_first_whatever_would_be_decided_now(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open(limit=5))
    await command(store, tally, Count(5), idempotency=RECORD, expected_version=1)
    for order, expected in ((Count(5), None), (Count(5), 1), (Count(0), 2)):
        with pytest.raises(KeyKnown) as known:
            await command(store, tally, order, idempotency=RECORD, expected_version=expected)
        assert (known.value.record.stream, known.value.record.version) == (TALLY.stream(tally), 2)


async def test_twins_at_the_same_time_are_carried_out_once(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    twins = (command(store, tally, Count(1), idempotency=RECORD) for _ in range(4))
    answers = await asyncio.gather(*twins, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["KeyKnown", "KeyKnown", "KeyKnown", "Outcome"]
    assert (await store.load(TALLY, tally)).state.total == 1


async def test_watermark_timers_and_fence_go_with_the_events(store: EventStore) -> None:
    tally = new_id()
    mark = Watermark("intake.adjudication", "adjudication", f"case-{new_id()}", 1, new_id())
    await command(store, tally, Open(), watermark=mark, timers=(Timer("reminder", NOON),), wait=True)
    with pytest.raises(WatermarkRefused):
        await command(store, tally, Count(1), watermark=mark)
    with pytest.raises(Fenced):
        await command(store, tally, Count(1), fence=Fence("nobody's", 1))
    assert await store.log.pool.fetchval("SELECT due_at FROM log.timers WHERE name = 'reminder'") == NOON


async def test_occurred_at_never_runs_backwards_in_a_stream(store: EventStore, clock: Hands) -> None:
    tally = new_id()
    await command(store, tally, Open())
    clock.now = NOON - timedelta(hours=1)
    await command(store, tally, Count(1))
    assert (await store.load(TALLY, tally)).occurred_at == NOON
    assert (await replace(store, cache=AggregateCache()).load(TALLY, tally)).occurred_at == NOON


async def test_an_aggregate_is_shown_as_it_was(store: EventStore, clock: Hands) -> None:
    tally = new_id()
    await command(store, tally, Open())
    for hour in (1, 2, 3):
        clock.now = NOON + timedelta(hours=hour)
        await command(store, tally, Count(hour))
    assert [(await store.load(TALLY, tally, at_version=n)).state.total for n in range(1, 6)] == [0, 1, 3, 6, 6]
    assert (await store.load(TALLY, tally, at_version=9)).version == 4
    moments = [NOON + timedelta(hours=hours) for hours in (-1, 0, 1, 1.5, 2, 9)]
    assert [(await store.load(TALLY, tally, as_of=at)).version for at in moments] == [0, 1, 2, 2, 3, 4]


async def test_an_event_of_another_build_fails_closed(store: EventStore) -> None:
    tally = new_id()
    await command(store, tally, Open())
    await command(store, tally, Count(1))
    older: Decider[Tally] = replace(TALLY, codec=Codec([Opened]), reducer_version=9)
    with pytest.raises(UnknownEvent):
        await store.load(older, tally)


async def test_a_store_is_opened_and_closed_as_a_whole(database: LogDatabase) -> None:
    async with open_store(database.app, LOG) as store:
        outcome = await command(store, new_id(), Open())
    assert outcome.position == 1
