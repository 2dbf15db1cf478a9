"""Whether a database is there and holds the tables that this build needs: what every process asks before it begins."""

import asyncio
import logging
import ssl
from typing import TypeAlias

import asyncpg

from shared.database.revisions import OLDEST_QUERY, VERSION_QUERY, NewerTables, build_of

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ConnectionDoesNotExistError,
)
_UNKNOWN = (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError)
_ANSWER_S, _PAUSE_S = 5.0, 0.5
logger = logging.getLogger(__name__)


class DatabaseRefused(RuntimeError):
    """A database that a process cannot begin with; the message says which and why in one line, without secrets."""


async def await_database(dsn: str, database: str, patience_s: float = 0) -> None:
    """Return when `database` answers and holds tables on which this build may run; raises DatabaseRefused.

    A server that is not there (yet) is waited for, up to `patience_s` seconds; a wrong password, a certificate that is
    not trusted, a missing database, tables of an older build and incompatible ones of a newer are refused at once.
    """
    connection = await _connected(dsn, database, patience_s)
    try:
        await _check_tables(connection, database)
    finally:
        await connection.close()


async def await_server(dsn: str, patience_s: float = 0) -> None:
    """Return when the server behind an administrator's `dsn` answers; raises DatabaseRefused, as `await_database`."""
    connection = await _connected(dsn, "postgres", patience_s)
    await connection.close()


async def _connected(dsn: str, database: str, patience_s: float) -> Connection:
    loop = asyncio.get_running_loop()
    deadline, told = loop.time() + patience_s, False
    while True:
        try:
            return await asyncpg.connect(dsn, timeout=_ANSWER_S)
        except (ssl.SSLError, asyncpg.ClientConfigurationError) as error:
            raise DatabaseRefused(f"database {database}: {_reason(error)}") from None
        except _AWAY as error:
            if loop.time() >= deadline:
                raise DatabaseRefused(f"database {database} cannot be reached: {_reason(error)}") from None
            if not told:
                logger.warning("waiting for the database of %s: %s", database, _reason(error))
            told = True
        except asyncpg.PostgresError as error:
            raise DatabaseRefused(f"database {database}: {_reason(error)}") from None
        except ValueError:  # its text may hold a part of the password
            raise DatabaseRefused(f"database {database}: its DSN cannot be read") from None
        await asyncio.sleep(_PAUSE_S)


async def _check_tables(connection: Connection, database: str) -> None:
    build, found = build_of(database), await _read(connection, VERSION_QUERY)
    if found == build.head:
        return
    if found is None or found in build.known:
        raise DatabaseRefused(
            f"database {database} is at {found}, this build needs {build.head}: run `rongcuo migrate`"
        )
    try:
        logger.warning(build.explain_newer(found, await _read(connection, OLDEST_QUERY)))
    except NewerTables as error:
        raise DatabaseRefused(str(error)) from None


async def _read(connection: Connection, query: str) -> str | None:
    try:
        found: str | None = await connection.fetchval(query)
    except _UNKNOWN:
        return None
    return found


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
