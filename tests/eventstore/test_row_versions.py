"""The difference of two states of a list: nothing is lost, whatever happens meanwhile, and nothing else is told."""

import asyncio
import random  # noqa: TID251 - a test's
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.appender import Appender
from shared.eventstore.log import EventLog
from shared.eventstore.readmodels import ReadModel, ReadModelRunner, position_of, reading
from shared.eventstore.row_versions import RowVersions, Shown, Sight
from shared.kernel.events import Event
from shared.kernel.ids import new_id
from shared.kernel.recorded import Recorded
from tests.eventstore.samples import CODEC, Counted, an_append, events

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
COUNTIES = 3
METADATA = sa.MetaData(schema="view")
DESKS = sa.Table(
    "desks",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("county", sa.Integer, nullable=False),
    sa.Column("open_until", sa.DateTime(timezone=True)),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Move the row to the county that the version gives; every third time nothing changes; the fifth deletes it."""
    if not isinstance(event, Counted):
        return
    if recorded.version % 5 == 0:
        await connection.execute(sa.delete(DESKS).where(DESKS.c.id == recorded.stream_id))
        return
    county = (recorded.version - recorded.version % 3) % COUNTIES
    values = {
        "county": (county + recorded.version // 3) % COUNTIES,
        "open_until": BEGAN + timedelta(hours=recorded.position) if recorded.position % 2 else None,
    }
    upsert = insert(DESKS).values(id=recorded.stream_id, **values)
    await connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))


DESKS_VERSIONS = RowVersions(DESKS)
MODEL = ReadModel("desks", 1, METADATA, CODEC, project, DESKS_VERSIONS)


def in_county(rows: sa.FromClause, at: datetime) -> sa.Select[Any]:
    """Who sees the first county, whenever, and not how long anything is open."""
    return sa.select(rows.c.id, rows.c.county).where(rows.c.county == 0)


def while_open(rows: sa.FromClause, at: datetime) -> sa.Select[Any]:
    """Who sees the first county and, as long as it is open to him, what is elsewhere; the end while it is open."""
    is_open = rows.c.open_until > at
    end = sa.case((is_open, rows.c.open_until), else_=sa.null()).label("open_until")
    return sa.select(rows.c.id, rows.c.county, end).where(sa.or_(rows.c.county == 0, is_open))


@dataclass
class Phone:
    """Somebody who keeps a copy: `sight` is what his token says."""

    engine: AsyncEngine
    shown: Shown
    sight: Sight = field(default_factory=lambda: Sight(0, BEGAN))
    held: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    buried: set[UUID] = field(default_factory=set)

    async def sync(self, clock: Callable[[], datetime], between: Callable[[], Awaitable[None]], limit: int) -> None:
        """Follow one difference to its end, page by page, while the world moves between two pages."""
        after, beyond = Sight(await position_of(self.engine, MODEL), clock()), None
        self.buried.clear()
        while True:
            query = DESKS_VERSIONS.changes(self.shown, self.sight, after, clock(), beyond=beyond, limit=limit)
            async with reading(self.engine, MODEL) as connection:
                page = (await connection.execute(query)).mappings().all()
            visible = await seen(self.engine, self.shown, clock())
            for row in page:
                beyond = row["changed"]
                assert row["gone"] or beyond in visible, "nothing is shown that is out of sight by now"
                if row["gone"]:
                    self.buried.add(row["changed"])
                    self.held.pop(row["changed"], None)
                else:
                    assert self.held.get(row["changed"]) != shown_of(row), "nothing is sent twice without a change"
                    self.held[row["changed"]] = shown_of(row)
            if len(page) < limit:
                break
            await between()
        self.sight = after


async def seen(engine: AsyncEngine, shown: Shown, at: datetime) -> dict[UUID, dict[str, Any]]:
    async with reading(engine, MODEL) as connection:
        rows = (await connection.execute(shown(DESKS, at))).mappings().all()
    return {row["id"]: shown_of(row) for row in rows}


def shown_of(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in ("county", "open_until")}


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

    async def move(self) -> None:
        """Let some events happen, and some time pass."""
        for _ in range(self.chance.randrange(4)):
            known = len(self.versions) > 12
            stream = self.chance.choice(sorted(self.versions)) if known else f"tally-{new_id()}"
            version = self.versions.get(stream, 0)
            await self.appender.append(an_append(stream, version))
            self.versions[stream] = version + 1
        self.hours += self.chance.randrange(6)
        await self.runner.catch_up()


@pytest.mark.parametrize("shown", [in_county, while_open])
@pytest.mark.parametrize("seed", range(3))
async def test_a_copy_is_the_list_whatever_happens_between_two_pages(
    engine: AsyncEngine, appender: Appender, log: EventLog, shown: Shown, seed: int
) -> None:
    world = World(engine, appender, ReadModelRunner(engine, log, [MODEL]), random.Random(seed))
    await world.move()
    phone = Phone(engine, shown)
    left = 0
    for _ in range(25):
        before = set(phone.held)
        await world.move()
        await phone.sync(world.clock, world.move, limit=world.chance.choice([1, 2, 50]))
        left += len(phone.buried)
        assert phone.buried <= before, "only what could be seen at the token's position has left"
        await phone.sync(world.clock, nothing, limit=50)
        assert phone.held == await seen(engine, shown, world.clock())
    assert left, "the world was too quiet to tell anything"


async def nothing() -> None:
    """Let nothing happen."""


async def test_what_leaves_between_two_pages_is_held_back_and_buried_next_time(
    engine: AsyncEngine, appender: Appender, log: EventLog
) -> None:
    runner = ReadModelRunner(engine, log, [MODEL])
    streams = sorted(f"tally-{new_id()}" for _ in range(3))
    for stream in streams:
        await appender.append(an_append(stream))  # after one event a row is in the first county
    await runner.catch_up()
    phone = Phone(engine, in_county)

    async def leave() -> None:
        """Move the last row to another county, once."""
        if len(phone.held) == 1:
            await appender.append(an_append(streams[-1], 1, count=2))
            await runner.catch_up()

    await phone.sync(lambda: BEGAN, leave, limit=1)
    ids = [UUID(stream.removeprefix("tally-")) for stream in streams]
    assert (sorted(phone.held), phone.buried) == (ids[:2], set())
    await phone.sync(lambda: BEGAN, nothing, limit=1)
    assert (sorted(phone.held), phone.buried) == (ids[:2], {ids[2]})


async def test_an_event_that_changes_no_row_makes_no_version(
    engine: AsyncEngine, appender: Appender, log: EventLog
) -> None:
    append = an_append(count=4)
    await appender.append(append)
    await ReadModelRunner(engine, log, [MODEL]).catch_up()
    await appender.append(replace(an_append(append.stream, 4), events=events(1, "Opened")))
    await ReadModelRunner(engine, log, [MODEL]).catch_up()
    async with reading(engine, MODEL) as connection:
        kept = (await connection.execute(sa.select(DESKS_VERSIONS.versions).order_by("since"))).mappings().all()
    assert all(a["until"] == b["since"] for a, b in pairwise(kept))
    assert kept[-1]["until"] is None
    assert {row["since"] for row in kept} <= {1, 2, 3, 4}


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
