"""One look at an aggregate and at a key, on which a command is decided without another."""

from dataclasses import replace

import pytest

from shared.eventstore.append import IdempotencyRecord
from shared.eventstore.cache import AggregateCache, Folded
from shared.eventstore.errors import KeyKnown
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.errors import Rejected
from shared.kernel.ids import new_id
from tests.eventstore.samples import CAUSE, TALLY, Count, Open, Tally

RECORD = IdempotencyRecord("caller|POST|/tallies", "k", b"d", 201, "/tallies/1")
ASKED = {"scope": RECORD.scope, "key": RECORD.key}


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("counted", [0, 1, 3])
async def test_a_look_gives_what_loading_and_asking_for_the_key_give(
    store: EventStore, cached: bool, keyed: bool, counted: int
) -> None:
    tally = new_id()
    for order in (Open(), *(Count(n + 1) for n in range(counted)))[: 0 if not (counted or keyed) else None]:
        kept = RECORD if keyed and isinstance(order, Open) else None
        await transact(store, TALLY, tally, order, rules=None, cause=CAUSE, idempotency=kept)
    looking = store if cached else replace(store, cache=AggregateCache())
    folded, known = await looking.look(TALLY, tally, **ASKED)
    assert folded == await replace(store, cache=AggregateCache()).load(TALLY, tally)
    assert known == await store.log.known_key(**ASKED)
    assert bool(known) is keyed


async def test_a_look_reads_what_others_wrote_since_the_state_was_cached(store: EventStore) -> None:
    tally = new_id()
    await transact(store, TALLY, tally, Open(limit=5), rules=None, cause=CAUSE)
    elsewhere = replace(store, cache=AggregateCache())
    await transact(elsewhere, TALLY, tally, Count(5), rules=None, cause=CAUSE, idempotency=RECORD)
    folded, known = await store.look(TALLY, tally, **ASKED)
    assert (folded.version, folded.state.total) == (2, 5)
    assert known
    assert (known.stream, known.version, known.digest) == (TALLY.stream(tally), 2, b"d")
    assert store.cache.get(TALLY.stream(tally), TALLY.reducer_version) == folded


async def test_a_command_is_decided_on_what_was_looked_at(store: EventStore) -> None:
    """The state is taken as it was given: nothing is read before the decision."""
    tally = new_id()
    await transact(store, TALLY, tally, Open(limit=5), rules=None, cause=CAUSE)
    with pytest.raises(Rejected):
        await transact(store, TALLY, tally, Count(1), rules=None, cause=CAUSE, loaded=Folded(Tally(5, 5), 1, None))
    folded, _ = await store.look(TALLY, tally, **ASKED)
    outcome = await transact(store, TALLY, tally, Count(1), rules=None, cause=CAUSE, loaded=folded)
    assert (outcome.version, outcome.state.total) == (2, 1)


async def test_a_command_that_was_overtaken_since_the_look_is_decided_again(store: EventStore) -> None:
    tally = new_id()
    await transact(store, TALLY, tally, Open(limit=5), rules=None, cause=CAUSE)
    folded, _ = await store.look(TALLY, tally, **ASKED)
    await transact(store, TALLY, tally, Count(3), rules=None, cause=CAUSE)
    outcome = await transact(store, TALLY, tally, Count(2), rules=None, cause=CAUSE, loaded=folded)
    assert (outcome.version, outcome.state.total) == (3, 5)
    with pytest.raises(Rejected):
        await transact(store, TALLY, tally, Count(2), rules=None, cause=CAUSE, loaded=folded)


async def test_a_twin_that_came_between_look_and_decision_is_told(store: EventStore) -> None:
    tally = new_id()
    folded, known = await store.look(TALLY, tally, **ASKED)
    assert known is None
    await transact(store, TALLY, tally, Open(), rules=None, cause=CAUSE, loaded=folded, idempotency=RECORD)
    with pytest.raises(KeyKnown):
        await transact(store, TALLY, tally, Open(), rules=None, cause=CAUSE, loaded=folded, idempotency=RECORD)
    assert (await store.load(TALLY, tally)).version == 1
