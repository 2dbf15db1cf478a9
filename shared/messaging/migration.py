"""The tables of relay and consumers, for the first migration of a service; they stand in the schema `log`."""

import re
from importlib.resources import files
from typing import Protocol

_STATEMENT = re.compile(r"(?:\$\$.*?\$\$|[^;])+", re.DOTALL)


class Operations(Protocol):
    """What is used of `alembic.op`."""

    def execute(self, statement: str, /) -> None: ...


def messaging_statements(app_role: str) -> list[str]:
    """Return the SQL, statement by statement; the log's own tables must stand already."""
    folder = files("shared.messaging") / "sql"
    sql = "".join((folder / name).read_text() for name in ("1_tables.sql", "2_restore.sql"))
    sql = re.sub(r"^\s*--.*$", "", sql, flags=re.MULTILINE).replace(':"app_role"', f'"{app_role}"')
    return [statement for statement in _STATEMENT.findall(sql) if statement.strip()]


def create_messaging(op: Operations, app_role: str) -> None:
    """Create the tables; `app_role` may read and write their rows, nobody but the owner may restore events."""
    for statement in messaging_statements(app_role):
        op.execute(statement)
