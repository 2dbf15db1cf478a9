"""The cache of folded aggregates: a bounded head start, never the last word."""

from dataclasses import replace

import pytest

from shared.eventstore.cache import AggregateCache, Folded
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.ids import new_id
from tests.eventstore.samples import CAUSE, TALLY, Count, Open, Tally

ENTRY = 512


def kept(cache: AggregateCache, streams: str) -> str:
    return "".join(stream for stream in streams if cache.get(stream, 1))


def test_it_keeps_the_last_used_and_the_newest() -> None:
    cache = AggregateCache(budget=2 * ENTRY)
    for stream in ("a", "b"):
        cache.put(stream, 1, Folded(Tally(), 2, None))
    assert cache.get("a", 1)
    cache.put("c", 1, Folded(Tally(), 1, None))
    cache.put("a", 1, Folded(Tally(9), 1, None))
    assert kept(cache, "abc") == "ac"
    assert cache.get("a", 1) == Folded(Tally(), 2, None)
    assert cache.get("a", 2) is None


def test_it_is_bounded_by_the_payloads_that_were_folded() -> None:
    cache = AggregateCache(budget=10_000)
    for stream in "abcd":
        cache.put(stream, 1, Folded(Tally(), 1, None, size=2_000))
    assert kept(cache, "abcd") == "bcd"
    cache.put("c", 1, Folded(Tally(), 2, None, size=6_000))
    assert kept(cache, "bcd") == "cd"
    cache.put("d", 1, Folded(Tally(), 1, None, size=10))
    cache.put("e", 1, Folded(Tally(), 1, None, size=1_000))
    assert kept(cache, "cde") == "cde"


def test_a_state_larger_than_everything_is_not_kept_and_makes_room_again() -> None:
    cache = AggregateCache(budget=10_000)
    cache.put("a", 1, Folded(Tally(), 1, None, size=20_000))
    assert kept(cache, "a") == ""
    for stream in "bcdef":
        cache.put(stream, 1, Folded(Tally(), 1, None, size=2_000))
    assert kept(cache, "bcdef") == "def"


@pytest.mark.parametrize("limit", [1, 100_000])
async def test_a_state_weighs_the_same_folded_by_its_commands_or_from_the_log(store: EventStore, limit: int) -> None:
    tally = new_id()
    await transact(store, TALLY, tally, Open(limit), rules=None, cause=CAUSE)
    await transact(store, TALLY, tally, Count(1), rules=None, cause=CAUSE)
    cached = store.cache.get(TALLY.stream(tally), TALLY.reducer_version)
    stored = await store.log.read_stream(TALLY.stream(tally))
    loaded = await replace(store, cache=AggregateCache()).load(TALLY, tally)
    assert cached
    assert cached.size == loaded.size == sum(len(event.payload) for event in stored) > 0
