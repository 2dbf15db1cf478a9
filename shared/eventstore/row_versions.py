"""Every version that a row of a list had, and what changed in somebody's view of the list between two positions.

Whoever keeps a copy of a list (a phone) asks for the difference of two states: what he saw at one position of the log,
and what he sees at a later one. Both are found by putting the filter of his list on the versions of that position, so
that nothing depends on what was sent before, and nothing can change between two pages of one difference.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    CompoundSelect,
    Exists,
    FromClause,
    Index,
    Insert,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kernel.recorded import Recorded

Shown = Callable[[FromClause, datetime], Select[Any]]
"""Somebody's list: the query for what he is shown at an instant, `id` among it, of rows or of versions of rows.

A column that is not permitted to him is null; otherwise it is as it stands in the row.
"""


@dataclass(frozen=True)
class Sight:
    """A state of the list: the rows as they stood at `position`, cut by time-boxed permissions as of `instant`."""

    position: int
    instant: datetime


class RowVersions:
    """The versions of `rows`, a table with the column `id`.

    A version is in force from the position `since` until the position `until`, exclusively; null means that it still
    is. The table of versions stands beside `rows` and is built with it.
    """

    def __init__(self, rows: Table) -> None:
        self.rows = rows
        self._names = [column.name for column in rows.columns]
        self.versions = Table(
            f"{rows.name}_versions",
            rows.metadata,
            Column("id", rows.c.id.type, primary_key=True),
            Column("since", BigInteger, primary_key=True),
            Column("until", BigInteger),
            *(Column(name, rows.c[name].type) for name in self._names if name != "id"),
            Index(f"{rows.name}_versions_since", "since"),
            Index(f"{rows.name}_versions_until", "until"),
        )
        self._keep = self._keeping()

    async def keep(self, connection: AsyncConnection, recorded: Recorded) -> None:
        """Keep the row of the event's stream as a new version if the event has changed it.

        A projection that changes other rows than that keeps each of them itself.
        """
        await connection.execute(self._keep, {"row": recorded.stream_id, "position": recorded.position})

    def changes(
        self,
        shown: Shown,
        before: Sight,
        after: Sight,
        now: datetime,
        *,
        unsettled: Collection[UUID] = (),
        beyond: UUID | None,
        limit: int,
    ) -> Select[Any]:
        """Return the query for what changed between two sights, ordered by id, beyond the id `beyond`.

        Its columns are `changed` (the id), `gone` (whether it has left the view), `held` (whether it is held back), and
        what is shown of it at `after`. A row is held back if it, or something that is shown of it, has left the view
        since `after`: it must not be sent. What its copy is, cannot be told from any sight then, so the next difference
        is asked with it as `unsettled`, and tells of it even if nothing has changed. Otherwise a change of what the
        list does not show is none.
        """
        timeless = shown(self.versions, before.instant).compare(shown(self.versions, after.instant))
        looked_at = self._touched(before.position, after.position, unsettled) if timeless and before.position else None
        old = self._seen(shown, before, looked_at, beyond).subquery("before")
        new = self._seen(shown, after, looked_at, beyond).subquery("after")
        changed = func.coalesce(new.c.id, old.c.id)
        gone = new.c.id.is_(None)
        held = and_(~gone, ~self._still(shown, new, now))
        return (
            select(changed.label("changed"), gone.label("gone"), held.label("held"), *new.c)
            .select_from(new.join(old, new.c.id == old.c.id, full=True))
            .where(or_(tuple_(*new.c).is_distinct_from(tuple_(*old.c)), changed.in_(unsettled)))
            .order_by(changed)
            .limit(limit)
        )

    def _still(self, shown: Shown, seen: FromClause, now: datetime) -> Exists:
        """Return whether a row that was seen is in the view now, with every column that was not null then."""
        present = shown(self.rows, now).subquery("present")
        permitted = (or_(seen.c[name].is_(None), present.c[name].is_not(None)) for name in seen.c.keys())  # noqa: SIM118
        return select(present.c.id).where(present.c.id == seen.c.id, *permitted).correlate(seen).exists()

    def _seen(
        self, shown: Shown, sight: Sight, looked_at: CompoundSelect[Any] | None, beyond: UUID | None
    ) -> Select[Any]:
        """Return the query for what is shown at a sight; of `looked_at` only, if nothing else can have changed."""
        versions = self.versions.alias()
        in_force = or_(versions.c.until.is_(None), versions.c.until > sight.position)
        seen = shown(versions, sight.instant).where(versions.c.since <= sight.position, in_force)
        if beyond is not None:
            seen = seen.where(versions.c.id > beyond)
        return seen if looked_at is None else seen.where(versions.c.id.in_(looked_at))

    def _touched(self, before: int, after: int, unsettled: Collection[UUID]) -> CompoundSelect[Any]:
        """Return the query for the ids of rows that changed between two positions, and of what is unsettled."""
        touched = self.versions.alias("touched")
        marked = (and_(mark > before, mark <= after) for mark in (touched.c.since, touched.c.until))
        return union(*(select(touched.c.id).where(condition) for condition in (*marked, touched.c.id.in_(unsettled))))

    def _keeping(self) -> Insert:
        """Return the statement of `keep`: close the version in force and begin another, unless they are the same."""
        row, position = bindparam("row", type_=self.rows.c.id.type), bindparam("position", type_=BigInteger)
        versions, names = self.versions, self._names
        now = tuple_(*(self.rows.c[name] for name in names))
        same = exists().where(
            versions.c.id == row,
            versions.c.until.is_(None),
            self.rows.c.id == row,
            tuple_(*(versions.c[name] for name in names)).is_not_distinct_from(now),
        )
        closed = (
            update(versions)
            .where(versions.c.id == row, versions.c.until.is_(None), ~same.correlate(None))
            .values(until=position)
            .returning(versions.c.id)
            .cte("closed")
        )
        begun = select(position.label("since"), *(self.rows.c[name] for name in names))
        return (
            insert(versions)
            .from_select(["since", *names], begun.where(self.rows.c.id == row, ~same.correlate(None)))
            .add_cte(closed)
        )
