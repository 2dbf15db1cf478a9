"""The tables, guards and functions of one log, for the migrations of a service."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Protocol

from shared.eventstore.schema import LOG, in_schema

_STATEMENT = re.compile(r"(?:\$\$.*?\$\$|[^;])+", re.DOTALL)
_BUS = ':"bus_role"'


class Operations(Protocol):
    """What is used of `alembic.op`."""

    def execute(self, statement: str, /) -> None: ...


def log_statements(log: str, app_role: str, bus_role: str | None, schema: str = LOG) -> list[str]:
    """Return the SQL that makes a log in `schema`, statement by statement; whoever runs it will own everything.

    Without `bus_role` nothing is granted to the bus.
    """
    folder = files("shared.eventstore") / "sql"
    sql = "".join(
        (folder / name).read_text() for name in ("1_tables.sql", "2_guards.sql", "3_append.sql", "4_grants.sql")
    )
    statements = _STATEMENT.findall(_without_comments(in_schema(sql, schema)))
    names = {":'log'": f"'{log}'", ':"app_role"': f'"{app_role}"', _BUS: f'"{bus_role}"'}
    return [
        _named(statement, names)
        for statement in statements
        if statement.strip() and (bus_role is not None or _BUS not in statement)
    ]


def create_log(op: Operations, log: str, app_role: str, bus_role: str | None, schema: str = LOG) -> None:
    """Create the log named `log` in `schema`; `app_role` may append and read, `bus_role` (if any) read the events."""
    for statement in log_statements(log, app_role, bus_role, schema):
        op.execute(statement)


def _named(statement: str, names: Mapping[str, str]) -> str:
    for variable, name in names.items():
        statement = statement.replace(variable, name)
    return statement


def _without_comments(sql: str) -> str:
    return re.sub(r"^\s*--.*$", "", sql, flags=re.MULTILINE)
