"""Roles, databases and privileges of one installation."""

import asyncio
import secrets
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from rongcuo.installations import embedded
from rongcuo.platform import prepare
from shared.database.databases import DATABASES, SERVICES, Databases
from shared.database.provision import drop, provision
from shared.settings import Settings

INSIDERS = [(service, role) for service in SERVICES for role in (service, "bus")] + [("keyring", "keyring")]
OUTSIDERS = [
    (database, role)
    for database in DATABASES
    for role in (*SERVICES, "bus", "keyring")
    if (database, role) not in INSIDERS
]


async def _enter(databases: Databases, database: str, role: str) -> None:
    connection = await asyncpg.connect(databases.dsn(database, role))
    await connection.close()


async def test_every_role_enters_its_own_database(databases: Databases) -> None:
    for database, role in INSIDERS:
        await _enter(databases, database, role)


async def test_no_role_enters_the_database_of_another(databases: Databases) -> None:
    for database, role in OUTSIDERS:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT"):
            await _enter(databases, database, role)


async def test_provisioning_twice_at_once_and_once_more_makes_nothing_new(template: Databases) -> None:
    await asyncio.gather(provision(template), provision(template))
    before = await _sizes(template)
    await provision(template)
    assert await _sizes(template) == before


async def test_a_role_that_is_there_keeps_its_password_until_told_otherwise(template: Databases) -> None:
    mine = replace(template, role_prefix=f"t{secrets.token_hex(4)}", prefix=f"t{secrets.token_hex(4)}")
    await provision(mine)
    other = replace(mine, role_secret=secrets.token_bytes(32))
    try:
        await provision(other)
        await _enter(mine, "intake", "intake")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _enter(other, "intake", "intake")
        await provision(other, reset_passwords=True)
        await _enter(other, "intake", "intake")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _enter(mine, "intake", "intake")
    finally:
        await drop(mine, roles=True)


def test_a_server_of_our_own_follows_a_new_role_secret(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    for _ in range(2):
        with embedded(settings) as own:
            asyncio.run(prepare(own.installation))
            asyncio.run(_enter(own.installation.databases, "intake", "intake"))
        (settings.data / "secrets" / "roles").unlink()


async def _sizes(template: Databases) -> list[object]:
    """Count the roles, databases and settings of the installation."""
    admin = await asyncpg.connect(template.admin())
    try:
        return [
            await admin.fetchval(f"SELECT count(*) FROM {table} WHERE starts_with({name}, $1)", template.role_prefix)
            for table, name in (("pg_roles", "rolname"), ("pg_database", "datname"))
        ]
    finally:
        await admin.close()


async def test_waiting_and_idling_of_an_application_role_end_by_themselves(databases: Databases) -> None:
    connection = await asyncpg.connect(databases.dsn("intake"))
    try:
        for setting, value in (
            ("lock_timeout", "5s"),
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ):
            assert await connection.fetchval("SELECT current_setting($1)", setting) == value
    finally:
        await connection.close()


async def test_the_application_role_makes_schemas_but_no_table_in_public(databases: Databases) -> None:
    connection = await asyncpg.connect(databases.dsn("intake"))
    try:
        await connection.execute("CREATE SCHEMA view_example_1")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE public.stray (id int)")
    finally:
        await connection.close()


async def test_the_encoding_is_utf8_and_characters_are_classified_as_chinese(databases: Databases) -> None:
    connection = await asyncpg.connect(databases.dsn("intake"))
    try:
        row = await connection.fetchrow(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype "
            "FROM pg_database WHERE datname = current_database()"
        )
        assert tuple(row or ()) == ("UTF8", "C.UTF-8", "C.UTF-8")
        assert await connection.fetchval("SELECT '容错' ~ '^[[:alpha:]]+$'")
    finally:
        await connection.close()


def test_a_dsn_keeps_host_and_options_and_changes_user_and_database() -> None:
    given = Databases("postgresql://admin:p%40ss@db.example:6432/postgres?sslmode=require&user=x", b"secret")
    assert given.dsn("intake") == (
        f"postgresql://rongcuo_intake:{given.password('intake')}@db.example:6432/rongcuo_intake?sslmode=require"
    )
    assert given.admin("archive") == "postgresql://admin:p%40ss@db.example:6432/rongcuo_archive?sslmode=require&user=x"
    assert given.admin() == given.admin_dsn


def test_a_dsn_over_a_socket_keeps_the_socket() -> None:
    given = Databases("postgresql:///postgres?host=/run/postgresql", b"secret")
    assert given.dsn("intake").startswith("postgresql://rongcuo_intake:")
    assert given.dsn("intake").endswith("@/rongcuo_intake?host=%2Frun%2Fpostgresql")


def test_secrets_do_not_show_when_databases_are_printed() -> None:
    assert "geheim" not in repr(Databases("postgresql://admin:geheim@127.0.0.1/postgres", b"geheim"))


@pytest.mark.parametrize("prefix", ["", "Rongcuo", 'a"b', "a-b", "1a", "a" * 41])
def test_a_prefix_that_needs_quoting_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        Databases("postgresql://127.0.0.1/postgres", b"secret", prefix)
