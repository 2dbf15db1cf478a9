"""Tables of a newer build: an older one goes on where nothing but compatible migrations came, and is refused elsewhere.

The newer build is this one with more migrations, which really run.
"""

import asyncio
import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from rongcuo.platform import prepare_databases
from shared.database import revisions
from shared.database.databases import DATABASES, Databases
from shared.database.migrate import migrate
from shared.database.revisions import build_of
from shared.database.schema import DatabaseRefused, await_database
from tests.hosting.conftest import NEWEST, Site

MIGRATION = """
from shared.database.migration_env import forward_only, run_script

revision = "{revision}"
down_revision = "{before}"
compatible = {compatible}
downgrade = forward_only


def upgrade() -> None:
    run_script("{sql}")
"""
ADDED = "ALTER TABLE app.drafts ADD COLUMN note text"
RENAMED = "ALTER TABLE app.drafts RENAME COLUMN owner TO holder"
NEXT, AFTER = (f"{int(NEWEST) + more:04}" for more in (1, 2))
NEWER = f"database intake is at {NEXT}, newer than {NEWEST} of this build, which may still run there"
REFUSED = f"database intake is at {{}}, this build knows up to {NEWEST}: a newer `rongcuo migrate` has run"
Release = Callable[..., None]


@pytest.fixture
def migrate_newer(databases: Databases, tmp_path: Path) -> Release:
    """Add a migration to a copy of intake's and migrate with them all, as the build that they came with."""
    place = tmp_path / "newer"
    versions = place / "services" / "intake" / "migrations" / "versions"
    shutil.copytree(Path(revisions.__file__).parents[2] / "services" / "intake" / "migrations", versions.parent)

    def release(revision: str, sql: str, *, compatible: bool) -> None:
        text = MIGRATION.format(revision=revision, before=f"{int(revision) - 1:04}", compatible=compatible, sql=sql)
        (versions / f"{revision}_newer.py").write_text(text)
        with pytest.MonkeyPatch.context() as newer:
            newer.setattr(revisions, "_ROOT", place)
            asyncio.run(migrate(databases, ["intake"]))

    return release


async def revision_of(databases: Databases) -> str:
    connection = await asyncpg.connect(databases.admin("intake"))
    found: str = await connection.fetchval("SELECT version_num FROM public.alembic_version")
    await connection.close()
    return found


async def test_an_older_build_begins_on_compatible_tables_and_says_so(
    databases: Databases, migrate_newer: Release, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(migrate_newer, NEXT, ADDED, compatible=True)
    await await_database(databases.dsn("intake"), "intake")
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [NEWER]


async def test_an_older_build_serves_on_compatible_tables(
    site: Site, databases: Databases, migrate_newer: Release
) -> None:
    await asyncio.to_thread(migrate_newer, NEXT, ADDED, compatible=True)
    processes = site.processes("intake")
    processes.start("api", "serve", "intake", "--role", "api")
    await processes.ready()
    assert set((await asyncio.to_thread(processes.stop)).values()) == {0}
    assert NEWER.encode() in processes.logged()


async def test_migrate_of_an_older_build_leaves_compatible_tables_alone(
    databases: Databases, migrate_newer: Release
) -> None:
    await asyncio.to_thread(migrate_newer, NEXT, ADDED, compatible=True)
    await prepare_databases(databases, 0)
    assert await revision_of(databases) == NEXT


@pytest.mark.parametrize("afterwards", [[], [AFTER]])
async def test_an_older_build_is_refused_after_an_incompatible_migration(
    databases: Databases, migrate_newer: Release, afterwards: list[str]
) -> None:
    await asyncio.to_thread(migrate_newer, NEXT, RENAMED, compatible=False)
    for revision in afterwards:
        await asyncio.to_thread(migrate_newer, revision, ADDED, compatible=True)
    told = re.escape(REFUSED.format([NEXT, *afterwards][-1]))
    with pytest.raises(DatabaseRefused, match=told):
        await await_database(databases.dsn("intake"), "intake", patience_s=60)
    with pytest.raises(DatabaseRefused, match=told):
        await prepare_databases(databases, 0)


async def test_newer_tables_that_do_not_say_who_may_run_are_refused(
    databases: Databases, migrate_newer: Release
) -> None:
    await asyncio.to_thread(migrate_newer, NEXT, ADDED, compatible=True)
    connection = await asyncpg.connect(databases.admin("intake"))
    await connection.execute("DROP TABLE public.oldest_build")
    await connection.close()
    with pytest.raises(DatabaseRefused, match=re.escape(REFUSED.format(NEXT))):
        await await_database(databases.dsn("intake"), "intake")


@pytest.mark.parametrize("database", DATABASES)
async def test_every_database_says_which_build_is_the_oldest_that_runs(database: str, databases: Databases) -> None:
    connection = await asyncpg.connect(databases.dsn(database))
    found = await connection.fetchval("SELECT revision FROM public.oldest_build")
    await connection.close()
    assert found == build_of(database).oldest_build
