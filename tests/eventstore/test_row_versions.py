"""The difference of two states of a list: nothing is lost, whatever happens meanwhile, and nothing else is told."""

import asyncio
import random  # noqa: TID251 - a test's
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.eventstore.appender import Appender
from shared.eventstore.log import EventLog
from shared.eventstore.readmodels import ReadModelRunner, reading
from shared.eventstore.row_versions import Shown
from shared.kernel.ids import new_id
from tests.eventstore.desks import (
    BEGAN,
    COUNTIES,
    DESKS_VERSIONS,
    MODEL,
    Phone,
    county_while_open,
    in_county,
    moved,
    seen,
    while_open,
)
from tests.eventstore.samples import a_stream, an_append, events


@dataclass
class World:
    """Rows that change at random, and a clock that goes on with them."""

    engine: AsyncEngine
    appender: Appender
    runner: ReadModelRunner
    chance: random.Random
    versions: dict[str, int] = field(default_factory=dict)
    hours: int = 0

    def clock(self) -> datetime:
        return BEGAN + timedelta(hours=self.hours)

    async def move(self, most: int = 4) -> None:
        """Let some rows come, move, open or go, and some time pass."""
        for _ in range(self.chance.randrange(most + 1)):
            known = len(self.versions) > 8
            stream = self.chance.choice(sorted(self.versions)) if known else f"tally-{new_id()}"
            version = self.versions.get(stream, 0)
            hours = self.chance.choice([0, self.hours + self.chance.randrange(8)])
            county = self.chance.choice([0, 0, 1, COUNTIES])
            await self.appender.append(replace(an_append(stream, version), events=(moved(county, hours),)))
            self.versions[stream] = version + 1
        self.hours += self.chance.randrange(3)
        await self.runner.catch_up()


@pytest.mark.parametrize("shown", [in_county, while_open, county_while_open])
@pytest.mark.parametrize("seed", range(3))
async def test_a_copy_is_the_list_whatever_happens_between_two_pages(
    engine: AsyncEngine, appender: Appender, log: EventLog, shown: Shown, seed: int
) -> None:
    world = World(engine, appender, ReadModelRunner(engine, log, [MODEL]), random.Random(seed))
    await world.move()
    phone = Phone(engine, shown)
    left = 0
    for _ in range(12):
        for _ in range(world.chance.randrange(1, 4)):
            before = phone.unsettled | set(phone.copy)
            await world.move(12)
            await phone.sync(world.clock, world.move, limit=world.chance.choice([1, 2]))
            assert phone.buried <= before, "only what could be seen at the token's position has left"
            left += len(phone.buried)
        await world.move()
        await phone.sync(world.clock, nothing, limit=50)
        assert phone.copy == await seen(engine, shown, world.clock())
        assert not phone.unsettled
    assert left, "the world was too quiet to tell anything"


async def nothing() -> None:
    """Let nothing happen."""


@dataclass
class Three:
    """Three rows of the first county, in the order of their ids, and somebody who keeps a copy of them."""

    appender: Appender
    runner: ReadModelRunner
    phone: Phone
    streams: list[str] = field(default_factory=lambda: sorted(a_stream() for _ in range(3)))
    versions: Counter[str] = field(default_factory=Counter)
    hours: int = 0

    async def move(self, row: int, county: int, hours: int = 0) -> None:
        stream = self.streams[row]
        await self.appender.append(replace(an_append(stream, self.versions[stream]), events=(moved(county, hours),)))
        self.versions[stream] += 1
        await self.runner.catch_up()

    async def sync(self, then: Callable[[], Awaitable[None]] | None = None) -> dict[int, dict[str, Any]]:
        """Sync page by page, with `then` after the first page, and return the copy by the numbers of its rows."""
        once = [nothing] if then is None else [then]

        async def between() -> None:
            await (once.pop() if once else nothing)()

        await self.phone.sync(lambda: BEGAN + timedelta(hours=self.hours), between, limit=1)
        ids = [UUID(stream.removeprefix("tally-")) for stream in self.streams]
        return {ids.index(thing): row for thing, row in self.phone.copy.items()}


@pytest.fixture
async def three(engine: AsyncEngine, appender: Appender, log: EventLog) -> Three:
    held = Three(appender, ReadModelRunner(engine, log, [MODEL]), Phone(engine, while_open))
    for row in range(3):
        await held.move(row, county=0)
    return held


async def test_what_leaves_between_two_pages_is_held_back_and_buried_next_time(three: Three) -> None:
    assert list(await three.sync(lambda: three.move(2, county=1))) == [0, 1]
    assert list(await three.sync()) == [0, 1]
    assert len(three.phone.buried) == 1


async def test_what_was_held_back_and_is_back_as_it_was_is_sent(three: Three) -> None:
    assert list(await three.sync(lambda: three.move(2, county=1))) == [0, 1]
    await three.move(2, county=0)
    assert list(await three.sync()) == [0, 1, 2]


async def test_what_was_held_back_twice_is_sent_in_the_end(three: Three) -> None:
    await three.sync(lambda: three.move(2, county=1))
    for row in range(3):
        await three.move(row, county=0, hours=1)
    assert list(await three.sync(lambda: three.move(2, county=1))) == [0, 1]
    await three.move(2, county=0, hours=1)
    assert list(await three.sync()) == [0, 1, 2]
    assert (await three.sync())[2]["open_until"] == BEGAN + timedelta(hours=1)


async def test_what_changed_and_was_held_back_does_not_stay_as_it_was(three: Three) -> None:
    await three.sync()
    for row in (0, 2):
        await three.move(row, county=0, hours=2)
    assert (await three.sync(lambda: three.move(2, county=1)))[2]["open_until"] is None
    await three.move(2, county=0, hours=2)
    assert (await three.sync())[2]["open_until"] == BEGAN + timedelta(hours=2)


async def test_a_column_that_is_not_permitted_any_more_is_not_sent(three: Three) -> None:
    for row in range(3):
        await three.move(row, county=0, hours=1)

    async def pass_the_end() -> None:
        three.hours = 1

    assert list(await three.sync(pass_the_end)) == [0]
    assert [row["open_until"] for row in (await three.sync()).values()] == [None] * 3


async def test_an_event_that_changes_no_row_makes_no_version(
    engine: AsyncEngine, appender: Appender, log: EventLog
) -> None:
    append = an_append(count=COUNTIES)
    await appender.append(append)
    await ReadModelRunner(engine, log, [MODEL]).catch_up()
    await appender.append(replace(an_append(append.stream, COUNTIES), events=events(1, "Opened")))
    await ReadModelRunner(engine, log, [MODEL]).catch_up()
    async with reading(engine, MODEL) as connection:
        kept = (await connection.execute(sa.select(DESKS_VERSIONS.versions).order_by("since"))).mappings().all()
    assert all(a["until"] == b["since"] for a, b in pairwise(kept))
    assert kept[-1]["until"] is None
    assert {row["since"] for row in kept} <= {1, 2, 3}


async def test_a_rebuild_makes_the_same_versions(engine: AsyncEngine, appender: Appender, log: EventLog) -> None:
    runner = ReadModelRunner(engine, log, [MODEL])
    streams = [an_append(count=7) for _ in range(5)]
    for append in streams:
        await asyncio.gather(appender.append(append), runner.catch_up())
    await runner.catch_up()

    async def kept() -> list[Any]:
        async with reading(engine, MODEL) as connection:
            rows = await connection.execute(sa.select(DESKS_VERSIONS.versions).order_by("id", "since"))
            return [tuple(row) for row in rows]

    first = await kept()
    await runner.rebuild(MODEL.name)
    await runner.catch_up()
    assert await kept() == first
    assert any(row[2] is not None for row in first)
