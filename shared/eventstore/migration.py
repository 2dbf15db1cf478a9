"""The tables, guards and functions of one log, for the first migration of a service."""

import re
from importlib.resources import files
from typing import Protocol

_STATEMENT = re.compile(r"(?:\$\$.*?\$\$|[^;])+", re.DOTALL)


class Operations(Protocol):
    """What is used of `alembic.op`."""

    def execute(self, statement: str, /) -> None: ...


def log_statements(log: str, app_role: str, bus_role: str) -> list[str]:
    """Return the SQL that makes the schema `log`, statement by statement; whoever runs it will own everything."""
    folder = files("shared.eventstore") / "sql"
    sql = "".join(
        (folder / name).read_text() for name in ("1_tables.sql", "2_guards.sql", "3_append.sql", "4_grants.sql")
    )
    for variable, value in {
        ":'log'": f"'{log}'",
        ':"app_role"': f'"{app_role}"',
        ':"bus_role"': f'"{bus_role}"',
    }.items():
        sql = sql.replace(variable, value)
    return [statement for statement in _STATEMENT.findall(_without_comments(sql)) if statement.strip()]


def create_log(op: Operations, log: str, app_role: str, bus_role: str) -> None:
    """Create the log of one service; `app_role` may append and read, `bus_role` may read the events."""
    for statement in log_statements(log, app_role, bus_role):
        op.execute(statement)


def _without_comments(sql: str) -> str:
    return re.sub(r"^\s*--.*$", "", sql, flags=re.MULTILINE)
