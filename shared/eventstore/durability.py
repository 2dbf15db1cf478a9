"""Refuses a server that may lose what it has acknowledged."""

from typing import Any, Protocol


class UnsafeServer(Exception):
    """Settings of the server under which a stored event may be lost; `settings` names them."""

    def __init__(self, settings: tuple[str, ...]) -> None:
        super().__init__(f"switched off: {', '.join(settings)}")
        self.settings = settings


class Fetches(Protocol):
    """A connection or a pool of asyncpg."""

    async def fetch(self, query: str, *args: Any) -> list[Any]: ...


async def check_durability(connection: Fetches) -> None:
    """Raise UnsafeServer if fsync, full_page_writes or synchronous_commit is off for the role that connects."""
    rows = await connection.fetch(
        "SELECT name FROM pg_catalog.pg_settings WHERE setting = 'off' AND name = ANY($1) ORDER BY name",
        ["fsync", "full_page_writes", "synchronous_commit"],
    )
    if rows:
        raise UnsafeServer(tuple(row["name"] for row in rows))
