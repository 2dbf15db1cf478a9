"""Properties that hold for every input: canonical bytes, folds, and the log against a model of lists."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from uuid import UUID

import asyncpg
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.eventstore.append import Append, IdempotencyRecord, Stored
from shared.eventstore.appender import Appender
from shared.eventstore.cache import Folded
from shared.eventstore.errors import EventIdTaken, KeyKnown, NotAppended, VersionConflict
from shared.eventstore.log import EventLog
from shared.eventstore.store import fold
from shared.kernel.canonical import MAX_SAFE_INTEGER, canonical_bytes, parse_canonical
from shared.kernel.ids import new_id
from shared.kernel.instants import parse_instant
from shared.kernel.recorded import Recorded
from tests.eventstore.databases import LOG, LogDatabase, cloned
from tests.eventstore.samples import CODEC, METADATA, TALLY, Counted, Opened, a_stream, an_append, events

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
names = st.text(st.characters(codec="ascii"), min_size=1)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)
    assert parse_canonical(canonical_bytes(value)) == value


@given(st.lists(st.integers(0, 1000)), st.integers(0, 30))
def test_folding_a_cached_state_and_its_tail_equals_folding_all(amounts: list[int], cut: int) -> None:
    made = [Opened(limit=5), *(Counted(amount=amount) for amount in amounts)]
    moment = parse_instant("2026-03-01T12:00:00.000000Z")
    history = [
        Recorded(LOG, n, a_stream(), n, new_id(), type(event).__name__, 1, CODEC.encode(event), METADATA, moment)
        for n, event in enumerate(made, 1)
    ]
    beginning = Folded(TALLY.initial, 0, None)
    whole = fold(TALLY, beginning, history)
    assert whole == fold(TALLY, fold(TALLY, beginning, history[:cut]), history[cut:])
    assert whole == reduce(lambda folded, event: fold(TALLY, folded, [event]), history, beginning)


STREAMS = [a_stream() for _ in range(3)]
steps = st.tuples(
    st.sampled_from(["append", "resend", "forge"]),
    st.integers(0, len(STREAMS) - 1),
    st.integers(-1, 1),
    st.integers(0, 3),
    st.sampled_from([None, "a", "b", "c"]),
)


@dataclass
class Model:
    """What the log ought to hold: a list of event ids, the appends that were stored, and who used which key."""

    order: list[UUID] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stored: list[tuple[Append, Stored]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def expect(self, append: Append) -> Stored | type[NotAppended]:
        """Carry out an append that nobody has sent before."""
        if append.idempotency and append.idempotency.key in self.keys:
            return KeyKnown
        if append.expected_version != self.versions[append.stream]:
            return VersionConflict
        self.order += [event.event_id for event in append.events]
        self.versions[append.stream] += len(append.events)
        self.keys |= {append.idempotency.key} if append.idempotency else set()
        self.stored.append((append, Stored(len(self.order), self.versions[append.stream])))
        return self.stored[-1][1]


async def act(appender: Appender, model: Model, step: tuple[str, int, int, int, str | None]) -> None:
    """Send one append and compare the answer with the model's."""
    action, stream, drift, count, key = step
    known = next((pair for pair in reversed(model.stored) if pair[0].events), None)
    expected: Stored | type[NotAppended]
    if action == "append" or known is None:
        record = IdempotencyRecord("s", key, b"d", 200, None) if key else None
        version = max(0, model.versions[STREAMS[stream]] + drift)
        append = an_append(STREAMS[stream], version, max(count, 0 if key else 1), idempotency=record)
        expected = model.expect(append)
    elif action == "resend":
        append, expected = known
    else:
        append, expected = an_append(known[0].stream, events=(*known[0].events, *events())), EventIdTaken
    [answer] = await asyncio.gather(appender.append(append), return_exceptions=True)
    assert answer == expected if isinstance(expected, Stored) else type(answer) is expected


async def run(template: LogDatabase, history: list[tuple[str, int, int, int, str | None]]) -> None:
    model = Model()
    async with cloned(template) as database, asyncpg.create_pool(database.app, min_size=0) as pool:
        async with Appender(database.app) as appender:
            for step in history:
                await act(appender, model, step)
        log = EventLog(pool, LOG)
        page = await log.read_page(after=0)
        assert [event.event_id for event in page] == model.order
        for stream in STREAMS:
            versions = [event.version for event in await log.read_stream(stream)]
            assert versions == list(range(1, model.versions[stream] + 1))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(steps, min_size=10, max_size=40))
def test_the_log_behaves_like_a_list(log_template: LogDatabase, history: list[Any]) -> None:
    with asyncio.Runner() as runner:
        runner.run(run(log_template, history))
