"""Makes roles and databases, and clones and drops whole sets of databases; tables belong to the migrations.

Every step looks first and may be repeated; an advisory lock makes a second run that begins meanwhile wait.
"""

import base64
import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import pbkdf2_hmac, sha256
from typing import TypeAlias

import asyncpg

from shared.database.databases import BUS, DATABASES, KEYRING, LOGINS, OWNER, SERVICES, Databases

_LOCK = 0x526F6E67  # "Rong"
_TIMEOUTS = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s"}
_SCRAM_ROUNDS = 4096

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"  # subscriptable for the type checker only
logger = logging.getLogger(__name__)


async def provision(databases: Databases, *, reset_passwords: bool = False) -> None:
    """Make the roles and the databases that are missing, and set time-outs and privileges of all.

    A role gets its password when it is made; later only with `reset_passwords`, for it may have been given another one.
    """
    async with _administrator(databases) as admin:
        await _make_roles(admin, databases, reset_passwords=reset_passwords)
        for database in DATABASES:
            await _make_database(admin, databases, database)
            await _grant(admin, databases, database)
            await _close_public_schema(databases, database)


async def clone(template: Databases, prefix: str) -> Databases:
    """Copy the databases of `template`, to which nobody may be connected, and return the copy under `prefix`."""
    copy = replace(template, prefix=prefix)
    async with _administrator(template) as admin:
        for database in DATABASES:
            source, owner = template.name(database), template.role(OWNER)
            await admin.execute(
                f'CREATE DATABASE "{copy.name(database)}" TEMPLATE "{source}" OWNER "{owner}" STRATEGY wal_log'
            )
            await _grant(admin, copy, database)
    return copy


async def drop(databases: Databases, *, roles: bool = False) -> None:
    """Drop the databases, ending whatever is connected to them; with `roles` their roles, too."""
    async with _administrator(databases) as admin:
        for database in DATABASES:
            await admin.execute(f'DROP DATABASE IF EXISTS "{databases.name(database)}" WITH (FORCE)')
        for role in (*LOGINS, OWNER) if roles else ():
            await admin.execute(f'DROP ROLE IF EXISTS "{databases.role(role)}"')


def logins_of(database: str) -> tuple[str, ...]:
    """Return the login roles that may connect to `database`."""
    return (KEYRING,) if database == KEYRING else (database, BUS)


@asynccontextmanager
async def _administrator(databases: Databases) -> AsyncIterator[Connection]:
    admin = await asyncpg.connect(databases.admin())
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield admin
    finally:
        await admin.close()


async def _make_roles(admin: Connection, databases: Databases, *, reset_passwords: bool) -> None:
    owner, known = databases.role(OWNER), {row[0] for row in await admin.fetch("SELECT rolname FROM pg_roles")}
    if owner not in known:
        await admin.execute(f'CREATE ROLE "{owner}" NOLOGIN')
    if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        await admin.execute(f'GRANT "{owner}" TO CURRENT_USER')
    for role in LOGINS:
        name = databases.role(role)
        if reset_passwords or name not in known:
            step, verifier = "ALTER" if name in known else "CREATE", _verifier(databases.password(role))
            await admin.execute(f"{step} ROLE \"{name}\" LOGIN PASSWORD '{verifier}'")
        for setting, value in _TIMEOUTS.items():
            await admin.execute(f"ALTER ROLE \"{name}\" SET {setting} = '{value}'")
    if not reset_passwords and known.intersection(map(databases.role, LOGINS)):
        logger.info("roles that were there keep their passwords")


async def _make_database(admin: Connection, databases: Databases, database: str) -> None:
    name = databases.name(database)
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        # libc's C.UTF-8: under other locales of the C family pg_trgm finds no trigram in Chinese text.
        await admin.execute(
            f'CREATE DATABASE "{name}" OWNER "{databases.role(OWNER)}" TEMPLATE template0 '
            "ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C.UTF-8'"
        )


async def _grant(admin: Connection, databases: Databases, database: str) -> None:
    name = databases.name(database)
    async with _acting_as_owner(admin, databases):
        await admin.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC, {_quoted(databases, LOGINS)}')
        await admin.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {_quoted(databases, logins_of(database))}')
        if database in SERVICES:  # read-model generations are schemas that the service makes at run time
            await admin.execute(f'GRANT CREATE ON DATABASE "{name}" TO "{databases.role(database)}"')


async def _close_public_schema(databases: Databases, database: str) -> None:
    connection = await asyncpg.connect(databases.admin(database))
    try:
        async with _acting_as_owner(connection, databases):
            await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    finally:
        await connection.close()


@asynccontextmanager
async def _acting_as_owner(connection: Connection, databases: Databases) -> AsyncIterator[None]:
    async with connection.transaction():
        await connection.execute(f'SET LOCAL ROLE "{databases.role(OWNER)}"')
        yield


def _quoted(databases: Databases, roles: Iterable[str]) -> str:
    return ", ".join(f'"{databases.role(role)}"' for role in roles)


def _verifier(password: str) -> str:
    """Return the SCRAM verifier of a password (RFC 5803), so that no statement log ever holds the password itself."""
    salt = secrets.token_bytes(16)
    salted = pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ROUNDS)
    stored = sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{salt64}${stored64}:{server64}"
