"""Brings every database to its newest migration (Alembic); there is no way back but a restored backup."""

import asyncio
import logging
import threading
from collections.abc import Sequence

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.database.databases import BUS, DATABASES, OWNER, Databases
from shared.database.revisions import OLDEST_QUERY, VERSION_QUERY, Build, build_of, scripts_of

_LOCK = 0x52436D69  # "RCmi"
_one_at_a_time = threading.Lock()  # Alembic keeps its context in module globals
logger = logging.getLogger(__name__)


async def migrate(databases: Databases, only: Sequence[str] | None = None) -> None:
    """Upgrade the named databases (None: all) to their newest migration, each in one transaction.

    Tables of a newer build are left as they are; raises NewerTables if this build may not run on them. Runs in a
    thread of its own; two runs at the same time wait for one another, in this process and elsewhere.
    """
    await asyncio.to_thread(_in_thread, databases, DATABASES if only is None else only)


def config_of(databases: Databases, database: str) -> Config:
    """Return Alembic's configuration for one database; role names stand in its `attributes`."""
    config = scripts_of(database)
    config.attributes.update(
        log=database,
        app_role=databases.role(database),
        bus_role=databases.role(BUS),
        owner_role=databases.role(OWNER),
    )
    return config


def _in_thread(databases: Databases, names: Sequence[str]) -> None:
    with _one_at_a_time:
        asyncio.run(_upgrade_all(databases, names))


async def _upgrade_all(databases: Databases, names: Sequence[str]) -> None:
    for database in names:
        config = config_of(databases, database)
        dsn = databases.admin(database)
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda dsn=dsn: asyncpg.connect(dsn), poolclass=NullPool
        )
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, config)
        await engine.dispose()


def _upgrade(connection: Connection, config: Config) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text(f'SET LOCAL ROLE "{config.attributes["owner_role"]}"'))
    build = build_of(config.attributes["log"])
    if (found := _read(connection, "alembic_version", VERSION_QUERY)) and found not in build.known:
        logger.warning(build.explain_newer(found, _read(connection, "oldest_build", OLDEST_QUERY)))
        return
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _tell_builds(connection, build, config.attributes["app_role"])


def _read(connection: Connection, table: str, query: str) -> str | None:
    there = connection.execute(text("SELECT to_regclass(:table)"), {"table": f"public.{table}"}).scalar_one()
    return connection.execute(text(query)).scalar_one_or_none() if there else None


def _tell_builds(connection: Connection, build: Build, role: str) -> None:
    """Write which builds may run on the tables; every process looks there before it begins."""
    insert = text("INSERT INTO public.oldest_build VALUES (:revision)")
    connection.execute(text("CREATE TABLE IF NOT EXISTS public.oldest_build (revision text NOT NULL)"))
    connection.execute(text("DELETE FROM public.oldest_build"))
    connection.execute(insert, {"revision": build.oldest_build})
    connection.execute(text(f'GRANT USAGE ON SCHEMA public TO "{role}"'))
    connection.execute(text(f'GRANT SELECT ON public.alembic_version, public.oldest_build TO "{role}"'))
