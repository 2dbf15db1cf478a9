"""Reading the log from end to end: nothing is missed, and no page takes more memory than it may."""

import pytest

from shared.eventstore import log as pages
from shared.eventstore.append import NewEvent
from shared.eventstore.appender import Appender
from shared.eventstore.errors import LogHole
from shared.eventstore.log import EventLog
from shared.kernel.canonical import canonical_bytes
from shared.kernel.ids import new_id
from tests.eventstore.databases import Admin
from tests.eventstore.samples import METADATA, an_append

LARGE = 8192


def an_event(size: int) -> NewEvent:
    """Return an event whose payload and metadata take `size` bytes together."""
    payload = canonical_bytes({"text": "x" * (size - len(METADATA) - len('{"text":""}'))})
    return NewEvent(new_id(), "Counted", 1, payload, METADATA)


async def write(appender: Appender, *sizes: int) -> None:
    for size in sizes:
        await appender.append(an_append(events=(an_event(size),)))


async def positions(log: EventLog, **bounds: int) -> list[list[int]]:
    return [[event.position for event in page] async for page in log.replay(**bounds)]


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 3)


async def test_a_replay_gives_every_event_page_by_page(appender: Appender, log: EventLog) -> None:
    assert await positions(log) == []
    await appender.append(an_append(count=7))
    assert await positions(log) == [[1, 2, 3], [4, 5, 6], [7]]
    assert await positions(log, after=5) == [[6, 7]]
    assert await positions(log, after=7) == []


@pytest.mark.parametrize(
    ("until", "expected"),
    [(0, []), (1, [[1]]), (3, [[1, 2, 3]]), (5, [[1, 2, 3], [4, 5]]), (9, [[1, 2, 3], [4, 5, 6]])],
)
async def test_a_replay_ends_where_it_is_told_to(
    appender: Appender, log: EventLog, until: int, expected: list[list[int]]
) -> None:
    await appender.append(an_append(count=6))
    assert await positions(log, until=until) == expected


async def test_what_is_appended_meanwhile_belongs_to_an_open_replay(appender: Appender, log: EventLog) -> None:
    await appender.append(an_append(count=7))
    seen: list[int] = []
    async for page in log.replay():
        seen += [event.position for event in page]
        if len(seen) == 3:
            await appender.append(an_append(count=2))
    assert seen == list(range(1, 10))


async def test_a_replay_that_is_left_hurts_nobody(appender: Appender, log: EventLog) -> None:
    await appender.append(an_append(count=9))
    for _ in range(10):
        replay = log.replay()
        assert [event.position for event in await anext(replay)] == [1, 2, 3]
        await replay.aclose()
    assert await log.head() == 9


async def test_a_hole_ends_a_replay_at_once(appender: Appender, log: EventLog, admin: Admin) -> None:
    await appender.append(an_append(count=9))
    async with admin.transaction():
        await admin.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_never_changed")
        await admin.execute("DELETE FROM log.events WHERE position BETWEEN 4 AND 8")
        await admin.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_changed")
    replay = log.replay()
    assert len(await anext(replay)) == 3
    with pytest.raises(LogHole) as hole:
        await anext(replay)
    assert hole.value.position == 4


async def test_a_page_ends_with_its_sixteenth_large_event(appender: Appender, log: EventLog) -> None:
    await write(appender, *(1000, LARGE + 1) * 20, *(LARGE,) * 8)
    page = await log.read_page(after=0, limit=100)
    assert [event.position for event in page] == list(range(1, 33))
    assert [event.position for event in await log.read_page(after=32, limit=100)] == list(range(33, 49))
    assert len(await log.read_page(after=0, limit=31)) == 31
    assert len(await log.read_page(after=1, limit=100)) == 31


async def test_a_page_of_the_largest_events_is_bounded(appender: Appender, log: EventLog) -> None:
    await write(appender, *(256 * 1024,) * 40)
    sizes, after = [], 0
    while page := await log.read_page(after=after, limit=1000):
        sizes.append(sum(len(event.payload) + len(event.metadata) for event in page))
        after = page[-1].position
    assert sizes == [16 * 256 * 1024, 16 * 256 * 1024, 8 * 256 * 1024]
