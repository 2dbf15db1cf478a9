"""The data keys in the keyring database: one per subject and matter, made on first use, durable before it is used."""

import asyncio
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.database.pool import Pool
from shared.kernel.canonical import canonical_bytes
from shared.kernel.ids import new_id
from shared.keyring.envelope import KEY_BYTES, DataKey
from shared.keyring.gathering import Gathering
from shared.keyring.key_cache import Place
from shared.keyring.key_service import KeyService, KeyServiceRefused, Wrapped
from shared.keyring.suites import A256GCM, Suite, suite

_COLUMNS = "key_id, subject, matter, suite, wrapped, kek_id, destroyed_at"
_AT = f"""
    SELECT {_COLUMNS} FROM keyring.data_keys
    JOIN unnest($1::uuid[], $2::uuid[]) AS place (subject, matter) USING (subject, matter)
"""  # noqa: S608 - constant
_BY_ID = f"SELECT {_COLUMNS} FROM keyring.data_keys WHERE key_id = $1"  # noqa: S608 - constant
_ERASED = "SELECT destroyed_at IS NOT NULL FROM keyring.data_keys WHERE subject = $1 AND matter = $2"
_DESTROY = "SELECT key_id, subject, matter, destroyed_at FROM keyring.destroy($1::uuid[], $2::uuid[])"
# In one order everywhere, so that two processes which make the same keys wait for one another in one direction only.
_INSERT = """
    INSERT INTO keyring.data_keys (key_id, subject, matter, suite, wrapped, kek_id)
    SELECT key_id, subject, matter, $4, wrapped, kek_id
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $5::bytea[], $6::text[])
         AS made (key_id, subject, matter, wrapped, kek_id)
    ORDER BY subject, matter
    ON CONFLICT (subject, matter) DO NOTHING
    RETURNING key_id
"""


class KeyDestroyed(Exception):
    """The data key was destroyed (its subject was erased from the matter): nothing is opened, nothing new is sealed."""


class KeyUnknown(Exception):
    """No data key has this id."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Evidence that the key of a subject in a matter is gone; of a place that never had one, that none can come."""

    key_id: UUID
    subject: UUID
    matter: UUID
    destroyed_at: datetime


class DataKeys:
    """Reads, makes, unwraps and destroys data keys; every statement is a transaction, committed when it returns.

    New keys are made for `suite`; those that are there stay with their own.
    """

    def __init__(self, pool: Pool, key_service: KeyService, suite: Suite = A256GCM) -> None:
        self._pool = pool
        self._service = key_service
        self._suite = suite
        self._wanted = Gathering(self._at)
        self._begun = Gathering(self._begin)

    async def by_id(self, key_id: UUID, place: Place) -> DataKey:
        """Return the key with this id, by which `place` was sealed; raises KeyUnknown, KeyDestroyed, KeyServiceRefused.

        A keyring that came back from a backup may never have had the key: if its place was erased, it is destroyed.
        """
        row = await self._pool.fetchrow(_BY_ID, key_id)
        if row is not None:
            return await self._unwrap(row)
        if await self._pool.fetchval(_ERASED, *place):
            raise KeyDestroyed(str(key_id))
        raise KeyUnknown(str(key_id))

    async def destroy(self, places: Collection[Place]) -> list[Destroyed]:
        """Destroy the keys of `places` for good, also where there is none yet, and tell every process; may be repeated.

        Returns the evidence for every place, in no order: when it was destroyed first.
        """
        rows = await self._pool.fetch(_DESTROY, [subject for subject, _ in places], [matter for _, matter in places])
        return [Destroyed(*row) for row in rows]

    async def at(self, subject: UUID, matter: UUID) -> DataKey:
        """Return the key of `subject` in `matter`, made if there is none; raises KeyDestroyed, KeyServiceRefused.

        Two processes that ask at once get the same key: the second finds the row of the first, which is committed by
        then, because ON CONFLICT waits for it.
        """
        return await self._wanted.get((subject, matter))

    async def begin(self, subject: UUID, matter: UUID) -> DataKey:
        """Return what `at` does, for a place that most likely has no key: it is made without looking for one first."""
        return await self._begun.get((subject, matter))

    async def standing(self, subject: UUID, matter: UUID) -> DataKey | None:
        """Return the key of `subject` in `matter` if there is one; raises KeyDestroyed, KeyServiceRefused."""
        found = (await self._read([(subject, matter)])).get((subject, matter))
        if isinstance(found, Exception):
            raise found
        return found

    def fresh(self, subject: UUID, matter: UUID) -> DataKey:
        """Return a new key, which stands nowhere yet."""
        return DataKey(new_id(), subject, matter, secrets.token_bytes(KEY_BYTES), self._suite)

    async def _at(self, places: Collection[Place]) -> Mapping[Place, DataKey | Exception]:
        found = await self._read(places)
        missing = [place for place in places if place not in found]
        return found | (await self._begun_or_due(missing) if missing else {})

    async def _begun_or_due(self, places: Collection[Place]) -> dict[Place, DataKey | Exception]:
        """Make keys; what prevents that is due to who wants these, not to who asks for one that is there."""
        try:
            return await self._begin(places)
        except Exception as error:
            return dict.fromkeys(places, error)

    async def _begin(self, places: Collection[Place]) -> dict[Place, DataKey | Exception]:
        made = await self._make(places)
        made_elsewhere = [place for place in places if place not in made]
        return made | (await self._read(made_elsewhere) if made_elsewhere else {})

    async def _read(self, places: Collection[Place]) -> dict[Place, DataKey | Exception]:
        rows = await self._pool.fetch(_AT, [subject for subject, _ in places], [matter for _, matter in places])
        keys = await asyncio.gather(*(self._due(row) for row in rows))
        return {(row["subject"], row["matter"]): key for row, key in zip(rows, keys, strict=True)}

    async def _due(self, row: asyncpg.Record) -> DataKey | Exception:
        """Return the key, or what whoever asks for this one, and for this one only, has to be told."""
        try:
            return await self._unwrap(row)
        except (KeyDestroyed, KeyServiceRefused) as refused:
            return refused

    async def _make(self, places: Collection[Place]) -> dict[Place, DataKey | Exception]:
        """Return the keys made here, durable by now; a place where another process was quicker is left out."""
        keys = [self.fresh(subject, matter) for subject, matter in places]
        wrapped = await asyncio.gather(*map(self._wrap, keys))
        rows = await self._pool.fetch(
            _INSERT,
            [key.key_id for key in keys],
            [key.subject for key in keys],
            [key.matter for key in keys],
            self._suite.name,
            [each.data for each in wrapped],
            [each.kek_id for each in wrapped],
        )
        made = {row["key_id"] for row in rows}
        return {(key.subject, key.matter): key for key in keys if key.key_id in made}

    async def _wrap(self, key: DataKey) -> Wrapped:
        return await self._service.wrap(key.material, place_bytes(key.key_id, key.subject, key.matter, key.suite.name))

    async def _unwrap(self, row: asyncpg.Record) -> DataKey:
        key_id, subject, matter = row["key_id"], row["subject"], row["matter"]
        if row["destroyed_at"] is not None:
            raise KeyDestroyed(str(key_id))
        wrapped = Wrapped(row["kek_id"], row["wrapped"])
        material = await self._service.unwrap(wrapped, place_bytes(key_id, subject, matter, row["suite"]))
        return DataKey(key_id, subject, matter, material, suite(row["suite"]))


def place_bytes(key_id: UUID, subject: UUID, matter: UUID, suite: str) -> bytes:
    """Return the additional data that ties a wrapped key to its row."""
    return canonical_bytes({"key": str(key_id), "matter": str(matter), "subject": str(subject), "suite": suite})
