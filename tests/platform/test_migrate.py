"""Migrations: forward only, once each, whole or not at all, owned by the owner, run by whoever may make databases."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic import command

from shared.database.databases import DATABASES, OWNER, SERVICES, Databases
from shared.database.migrate import migrate
from shared.database.migration_env import DowngradeRefused
from shared.database.provision import drop, provision
from tests.support.servers import Server

OBJECTS = """
    SELECT n.nspname, c.relname, c.relkind::text, r.rolname, c.oid::text FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_roles AS r ON r.oid = c.relowner
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""


async def _fetch(dsn: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def _objects(databases: Databases) -> dict[str, list[tuple[object, ...]]]:
    return {database: await _fetch(databases.admin(database), OBJECTS) for database in DATABASES}


@pytest.fixture
async def empty(template: Databases) -> AsyncIterator[Databases]:
    """Provisioned databases without any migration, with the roles of the template."""
    fresh = replace(template, prefix=f"t{secrets.token_hex(5)}")
    await provision(fresh)
    yield fresh
    await drop(fresh)


async def test_migrating_again_changes_nothing(databases: Databases) -> None:
    before = await _objects(databases)
    await migrate(databases)
    assert await _objects(databases) == before


async def test_two_migrations_at_the_same_time_end_well(empty: Databases) -> None:
    await asyncio.gather(migrate(empty), migrate(empty))
    for database in DATABASES:
        assert len(await _fetch(empty.admin(database), "SELECT version_num FROM public.alembic_version")) == 1


async def test_only_the_named_databases_are_migrated(empty: Databases) -> None:
    await migrate(empty, ["keyring"])
    objects = await _objects(empty)
    assert objects["keyring"]
    assert not any(objects[service] for service in SERVICES)


async def test_everything_belongs_to_the_owner(databases: Databases) -> None:
    for objects in (await _objects(databases)).values():
        assert {row[3] for row in objects} == {databases.role(OWNER)}


async def test_a_migration_that_fails_leaves_nothing(empty: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr("shared.messaging.migration.create_messaging", fail)
    with pytest.raises(RuntimeError, match="half way"):
        await migrate(empty, ["intake"])
    assert (await _objects(empty))["intake"] == []


@pytest.mark.parametrize("database", DATABASES)
async def test_a_downgrade_is_refused(database: str, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await _objects(databases)
    monkeypatch.setattr(command, "upgrade", lambda config, _: command.downgrade(config, "base"))
    with pytest.raises(RuntimeError, match=r"only go forward|never taken back") as refused:
        await migrate(databases, [database])
    assert isinstance(refused.value, DowngradeRefused) or database == "keyring"
    assert await _objects(databases) == before


async def test_a_service_uses_the_rows_of_its_own_tables_and_cannot_change_the_tables(databases: Databases) -> None:
    admin = await asyncpg.connect(databases.admin("intake"))
    await admin.execute(f'SET ROLE "{databases.role(OWNER)}"')
    await admin.execute("CREATE TABLE app.example (id int GENERATED ALWAYS AS IDENTITY, note text)")
    await admin.close()
    service = await asyncpg.connect(databases.dsn("intake"))
    await service.execute("INSERT INTO app.example (note) VALUES ('a'); UPDATE app.example SET note = 'b'")
    assert await service.fetchval("DELETE FROM app.example RETURNING note") == "b"
    for forbidden in ("DROP TABLE app.example", "CREATE TABLE app.stray ()", "CREATE TABLE log.stray ()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(forbidden)
    await service.close()


async def test_an_administrator_without_superuser_rights_is_enough(server: Server) -> None:
    name, password = f"t{secrets.token_hex(4)}_admin", secrets.token_hex(16)
    await _fetch(server.dsn, f"CREATE ROLE {name} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'")
    dsn = urlsplit(server.dsn)._replace(netloc=f"{name}:{password}@{server.dsn.split('@')[1].split('/')[0]}").geturl()
    installation = Databases(dsn, secrets.token_bytes(32), name, name)
    try:
        await provision(installation)
        await migrate(installation)
        await provision(installation)
        assert await _fetch(installation.dsn("archive"), "SELECT 1") == [(1,)]
    finally:
        await drop(installation, roles=True)
        await _fetch(server.dsn, f"DROP ROLE {name}")
