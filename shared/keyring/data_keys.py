"""The data keys in the keyring database: one per subject and matter, made on first use, durable before it is used."""

import secrets
from uuid import UUID

import asyncpg

from shared.kernel.canonical import canonical_bytes
from shared.kernel.ids import new_id
from shared.keyring.envelope import KEY_BYTES, SUITE, DataKey
from shared.keyring.key_service import KeyService, Wrapped

_COLUMNS = "key_id, subject, matter, suite, wrapped, kek_id, destroyed_at"
_AT = f"SELECT {_COLUMNS} FROM keyring.data_keys WHERE subject = $1 AND matter = $2"  # noqa: S608 - constant
_BY_ID = f"SELECT {_COLUMNS} FROM keyring.data_keys WHERE key_id = $1"  # noqa: S608 - constant
_INSERT = """
    INSERT INTO keyring.data_keys (key_id, subject, matter, suite, wrapped, kek_id)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (subject, matter) DO NOTHING
"""


class KeyDestroyed(Exception):
    """The data key was destroyed (its subject was erased from the matter): nothing is opened, nothing new is sealed."""


class KeyUnknown(Exception):
    """No data key has this id."""


class DataKeys:
    """Reads, makes and unwraps data keys. Every statement is a transaction of its own, committed when it returns."""

    def __init__(self, pool: asyncpg.Pool, key_service: KeyService) -> None:
        self._pool = pool
        self._service = key_service

    async def by_id(self, key_id: UUID) -> DataKey:
        """Return the key with this id; raises KeyUnknown, KeyDestroyed, KeyServiceRefused."""
        row = await self._pool.fetchrow(_BY_ID, key_id)
        if row is None:
            raise KeyUnknown(str(key_id))
        return await self._unwrap(row)

    async def at(self, subject: UUID, matter: UUID) -> DataKey:
        """Return the key of `subject` in `matter`, made if there is none; raises KeyDestroyed, KeyServiceRefused.

        Two processes that ask at once get the same key: the second finds the row of the first, which is committed by
        then, because ON CONFLICT waits for it.
        """
        row = await self._pool.fetchrow(_AT, subject, matter)
        if row is None:
            await self._make(subject, matter)
            row = await self._pool.fetchrow(_AT, subject, matter)
            assert row is not None, "rows of data_keys are never deleted"  # noqa: S101
        return await self._unwrap(row)

    async def _make(self, subject: UUID, matter: UUID) -> None:
        key_id = new_id()
        wrapped = await self._service.wrap(secrets.token_bytes(KEY_BYTES), _place(key_id, subject, matter, SUITE))
        await self._pool.execute(_INSERT, key_id, subject, matter, SUITE, wrapped.data, wrapped.kek_id)

    async def _unwrap(self, row: asyncpg.Record) -> DataKey:
        key_id, subject, matter = row["key_id"], row["subject"], row["matter"]
        if row["destroyed_at"] is not None:
            raise KeyDestroyed(str(key_id))
        wrapped = Wrapped(row["kek_id"], row["wrapped"])
        material = await self._service.unwrap(wrapped, _place(key_id, subject, matter, row["suite"]))
        return DataKey(key_id, subject, matter, material)


def _place(key_id: UUID, subject: UUID, matter: UUID, suite: str) -> bytes:
    """Return the additional data that ties a wrapped key to its row."""
    return canonical_bytes({"key": str(key_id), "matter": str(matter), "subject": str(subject), "suite": suite})
