"""Lists: one page of a read model, cut to what the caller may see."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, RowMapping, Select, Table, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.authz.sight import Scope
from shared.eventstore.readmodels import ReadModel, reading
from shared.kernel.instants import parse_instant
from shared.web.pages import PageRead


async def rows(
    engine: AsyncEngine,
    model: ReadModel,
    table: Table,
    read: PageRead,
    scope: Scope,
    *,
    owners: Sequence[Column[Any]],
    equal: Mapping[str, object | None] | None = None,
    newest_by: Column[Any] | None = None,
) -> Sequence[RowMapping]:
    """Return the rows of the page that `read` asks for, and one more.

    `owners` are the columns in which a party is its own; `equal` filters columns that are not None. Rows come by id,
    with `newest_by` (an instant) the newest first. A table without a column `jurisdiction` is not cut by it.
    """
    query = select(table).limit(read.limit + 1)
    if scope.jurisdictions is not None and "jurisdiction" in table.c:
        query = query.where(table.c.jurisdiction.in_(scope.jurisdictions))
    if scope.party is not None:
        query = query.where(or_(*(owner == scope.party for owner in owners)))
    for name, value in (equal or {}).items():
        if value is not None:
            query = query.where(table.c[name] == value)
    async with reading(engine, model) as connection:
        found = await connection.execute(_paged(query, table, read, newest_by))
        page: Sequence[RowMapping] = found.mappings().all()
        return page


def _paged(query: Select[Any], table: Table, read: PageRead, newest_by: Column[Any] | None) -> Select[Any]:
    key = table.c.id
    if newest_by is None:
        query = query.order_by(key)
        return query.where(key > UUID(str(read.after[0]))) if read.after else query
    query = query.order_by(newest_by.desc(), key.desc())
    if not read.after:
        return query
    instant, last = parse_instant(str(read.after[0])), UUID(str(read.after[1]))
    return query.where(tuple_(newest_by, key) < tuple_(literal(instant), literal(last)))
