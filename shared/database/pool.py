"""asyncpg's way to a database of the platform: a pool for short statements, without round trips of its own."""

from typing import Final, TypeAlias

import asyncpg

UNANSWERED: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises instead of an answer."""
STATEMENT_S = 30.0

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


def open_pool(dsn: str, at_most: int, *, at_least: int = 1) -> Pool:
    """Return a pool to be entered with `async with` or awaited; it opens `at_least` connections at once.

    asyncpg would clear the session before every reuse, which takes as long as a short read. Nothing is left to clear:
    whoever uses this pool never leaves an advisory lock, a setting, a cursor or LISTEN behind the transaction that he
    ends. A transaction that somebody leaves open is rolled back all the same, and a cancelled statement is waited for.
    A statement that is not answered within 30 s raises TimeoutError, and its connection is not used again.
    """
    return asyncpg.create_pool(dsn, min_size=at_least, max_size=at_most, reset=_as_it_is, command_timeout=STATEMENT_S)


async def _as_it_is(_: object) -> None:
    """Leave the session as it is."""
