"""Brings every database to its newest migration (Alembic); there is no way back but a restored backup."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.database.databases import BUS, DATABASES, KEYRING, OWNER, Databases

_ROOT = Path(__file__).parents[2]
_LOCK = 0x52436D69  # "RCmi"
_one_at_a_time = threading.Lock()  # Alembic keeps its context in module globals


async def migrate(databases: Databases, only: Sequence[str] | None = None) -> None:
    """Upgrade the named databases (None: all) to their newest migration, each in one transaction.

    Runs in a thread of its own; two runs at the same time wait for one another, in this process and elsewhere.
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


def scripts_of(database: str) -> Config:
    """Return where Alembic finds the migrations of one database."""
    place = f"shared/{KEYRING}" if database == KEYRING else f"services/{database}"
    config = Config()
    config.set_main_option("script_location", str(_ROOT / place / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
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
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    role = config.attributes["app_role"]  # every process looks whether the tables are those of its build
    connection.execute(text(f'GRANT USAGE ON SCHEMA public TO "{role}"'))
    connection.execute(text(f'GRANT SELECT ON public.alembic_version TO "{role}"'))
