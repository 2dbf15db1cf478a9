"""Whether a database is there and holds the tables that this build needs: what every process asks before it begins."""

import asyncio
import logging
import ssl
from typing import TypeAlias

import asyncpg
from alembic.script import ScriptDirectory

from shared.database.migrate import scripts_of

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
    """Return when `database` answers and holds the tables of this build; raises DatabaseRefused.

    A server that is not there (yet) is waited for, up to `patience_s` seconds; a wrong password, a certificate that is
    not trusted, a missing database and tables of another build are refused at once.
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
    scripts = ScriptDirectory.from_config(scripts_of(database))
    needed, known = scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}
    try:
        found = await connection.fetchval("SELECT version_num FROM public.alembic_version")
    except _UNKNOWN:
        found = None
    if found is None or (found in known and found != needed):
        raise DatabaseRefused(f"database {database} is at {found}, this build needs {needed}: run `rongcuo migrate`")
    if found not in known:
        raise DatabaseRefused(
            f"database {database} is at {found}, this build knows up to {needed}: "
            "a newer `rongcuo migrate` has run, start the build that it came with"
        )


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
