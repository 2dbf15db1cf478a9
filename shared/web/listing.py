"""Lists: one page of a read model, cut to what the policies let the caller see."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy import true as always
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.conditions import All, Condition, Constant, Either, Fact, Not
from shared.authz.data_classes import DataClass
from shared.authz.policy_engine import policies
from shared.eventstore.readmodels import ReadModel, reading
from shared.kernel.clock import Clock
from shared.kernel.instants import parse_instant
from shared.web.changes import ChangesRead
from shared.web.pages import PageRead

FactColumns = Mapping[str, ColumnElement[bool]]
"""The SQL form of the facts that a read model knows; what it does not know is false, as in `Facts`."""
Columns = ReadOnlyColumnCollection[str, Any]
"""The columns of a list, or of the versions that its rows had."""
Relate = Callable[[Columns, Caller, datetime], FactColumns]
"""How a caller stands at an instant to each row of a list: `relate` of the aggregate, in SQL."""


async def rows(
    engine: AsyncEngine,
    model: ReadModel,
    table: Table,
    read: PageRead | ChangesRead,
    access: Access,
    relate: Relate,
    clock: Clock,
    *,
    shown: type[BaseModel],
    classes: Mapping[str, DataClass] | None = None,
    equal: Mapping[str, object | None] | None = None,
    newest_by: Column[Any] | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Return the rows of the page that `read` asks for, and one more; or the rows that have changed.

    The columns are those of which `shown` has a field. `classes` are the columns that are more than the record: null
    where their class is not permitted. `equal` filters columns that are not None. Rows come by id, with `newest_by` (an
    instant) the newest first.
    """
    wanted = {name: value for name, value in (equal or {}).items() if value is not None}
    names = [column.name for column in table.c if column.name in shown.model_fields]

    def permitted(source: FromClause, at: datetime) -> Select[Any]:
        facts = relate(source.c, access.caller, at)
        query = permitted_rows(source, names, access, facts, classes or {})
        return query.where(*(source.c[name] == value for name, value in wanted.items()))

    if isinstance(read, ChangesRead):
        return await read.rows(engine, model, permitted, clock)
    query = permitted(table, clock()).limit(read.limit + 1)
    async with reading(engine, model) as connection:
        found = await connection.execute(_paged(query, table, read, newest_by))
        page: Sequence[Mapping[str, Any]] = found.mappings().all()
        return page


def permitted_rows(
    source: FromClause, names: Sequence[str], access: Access, facts: FactColumns, classes: Mapping[str, DataClass]
) -> Select[Any]:
    """Return the query of everything in `source` that the caller may see, with the columns `names`."""

    def permitted(data: DataClass) -> ColumnElement[bool]:
        return in_sql(policies().condition(access.caller.roles, access.action, data), facts)

    columns = [
        case((permitted(classes[name]), source.c[name]), else_=null()).label(name)
        if name in classes
        else source.c[name]
        for name in names
    ]
    return select(*columns).where(permitted(DataClass.RECORD))


def in_sql(condition: Condition, facts: FactColumns) -> ColumnElement[bool]:
    """Return the SQL expression that is true of the rows of which `condition` is true."""
    match condition:
        case Constant(value):
            return always() if value else false()
        case Fact(name):
            return facts.get(name, false())
        case Not(of):
            return not_(in_sql(of, facts))
        case All(of):
            return and_(*(in_sql(part, facts) for part in of))
        case Either(of):
            return or_(*(in_sql(part, facts) for part in of))


def within(jurisdiction: ColumnElement[str], caller: Caller) -> ColumnElement[bool]:
    """Return the fact `within` of a column with jurisdiction codes."""
    exactly = jurisdiction.in_(caller.jurisdictions)
    return or_(exactly, *(jurisdiction.startswith(area, autoescape=True) for area in caller.areas()))


def is_party(caller: Caller, *columns: Column[Any]) -> ColumnElement[bool]:
    """Return the fact that the caller is the party in one of `columns`; null in a column is nobody."""
    if caller.party is None:
        return false()
    return or_(*(column.is_not_distinct_from(caller.party) for column in columns))


def is_among(caller: Caller, parties: Column[Any]) -> ColumnElement[bool]:
    """Return the fact that the caller is one of the parties in a column (an array)."""
    return false() if caller.party is None else literal(caller.party) == func.any(parties)


def handles(caller: Caller, office: Column[Any], handlers: Column[Any]) -> ColumnElement[bool]:
    """Return the fact `assigned` of columns with the office and the persons (an array, null: nobody yet)."""
    handled = literal(caller.subject) == func.any(handlers)
    if caller.organisation is not None:
        handled = or_(handled, office == caller.organisation)
    return func.coalesce(handled, false())


def is_recused(caller: Caller, recused: Column[Any]) -> ColumnElement[bool]:
    """Return the fact `recused` of a column with the case-folded names of who is (an array)."""
    return literal(caller.subject.casefold()) == func.any(recused)


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
