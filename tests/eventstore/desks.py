"""A list of desks whose rows come, move and go, and somebody who keeps a copy of it by its differences."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.append import NewEvent
from shared.eventstore.readmodels import ReadModel, position_of, reading
from shared.eventstore.row_versions import RowVersions, Shown, Sight
from shared.kernel.canonical import canonical_bytes
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from tests.eventstore.samples import CODEC, Counted, events

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
    """Move the row to a county, and open it for some hours or not at all, as `amount` says; or delete it."""
    if not isinstance(event, Counted):
        return
    hours, county = divmod(event.amount, COUNTIES + 1)
    if county == COUNTIES:
        await connection.execute(sa.delete(DESKS).where(DESKS.c.id == recorded.stream_id))
        return
    values = {"county": county, "open_until": BEGAN + timedelta(hours=hours) if hours else None}
    upsert = insert(DESKS).values(id=recorded.stream_id, **values)
    await connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))


DESKS_VERSIONS = RowVersions(DESKS)
MODEL = ReadModel("desks", 1, METADATA, CODEC, project, DESKS_VERSIONS)


def moved(county: int, hours: int = 0) -> NewEvent:
    """Return the event that moves a row to a county, open until so many hours after the beginning."""
    (event,) = events()
    return replace(event, payload=canonical_bytes({"amount": hours * (COUNTIES + 1) + county}))


def in_county(rows: sa.FromClause, at: datetime) -> sa.Select[Any]:
    """Who sees the first county, whenever, and not how long anything is open."""
    return sa.select(rows.c.id, rows.c.county).where(rows.c.county == 0)


def while_open(rows: sa.FromClause, at: datetime) -> sa.Select[Any]:
    """Who sees the first county and, as long as it is open to him, what is elsewhere; the end while it is open."""
    is_open = rows.c.open_until > at
    end = sa.case((is_open, rows.c.open_until), else_=sa.null()).label("open_until")
    return sa.select(rows.c.id, rows.c.county, end).where(sa.or_(rows.c.county == 0, is_open))


def county_while_open(rows: sa.FromClause, at: datetime) -> sa.Select[Any]:
    """Who sees the first county and what is open to him, and of the latter only where it is: it looks as before."""
    is_open = rows.c.open_until > at
    county = sa.case((is_open, rows.c.county), else_=sa.null()).label("county")
    return sa.select(rows.c.id, county).where(sa.or_(rows.c.county == 0, is_open))


@dataclass
class Phone:
    """Somebody who keeps a copy: `sight` and `unsettled` are what his token says."""

    engine: AsyncEngine
    shown: Shown
    sight: Sight = field(default_factory=lambda: Sight(0, BEGAN))
    unsettled: set[UUID] = field(default_factory=set)
    copy: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    buried: set[UUID] = field(default_factory=set)

    async def sync(self, clock: Callable[[], datetime], between: Callable[[], Awaitable[None]], limit: int) -> None:
        """Follow one difference to its end, page by page, while the world moves between two pages."""
        after, beyond, held = Sight(await position_of(self.engine, MODEL), clock()), None, set()
        self.buried.clear()
        while True:
            query = DESKS_VERSIONS.changes(
                *(self.shown, self.sight, after, clock()), unsettled=self.unsettled, beyond=beyond, limit=limit
            )
            async with reading(self.engine, MODEL) as connection:
                page = (await connection.execute(query)).mappings().all()
            held |= {row["changed"] for row in page if row["held"]}
            await self._take([row for row in page if not row["held"]], clock())
            if len(page) < limit:
                break
            beyond = page[-1]["changed"]
            await between()
        self.sight, self.unsettled = after, held

    async def _take(self, page: Sequence[Any], at: datetime) -> None:
        visible = await seen(self.engine, self.shown, at)
        for row in page:
            thing = row["changed"]
            if row["gone"]:
                self.buried.add(thing)
                self.copy.pop(thing, None)
                continue
            now = visible[thing]
            assert all(now[name] is not None for name, value in shown_of(row).items() if value is not None), "no leak"
            assert thing in self.unsettled or self.copy.get(thing) != shown_of(row), "nothing is sent without a change"
            self.copy[thing] = shown_of(row)


async def seen(engine: AsyncEngine, shown: Shown, at: datetime) -> dict[UUID, dict[str, Any]]:
    async with reading(engine, MODEL) as connection:
        rows = (await connection.execute(shown(DESKS, at))).mappings().all()
    return {row["id"]: shown_of(row) for row in rows}


def shown_of(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in ("county", "open_until")}
