"""Seals and opens text at an edge; nothing here is called from a domain, a read model or a consumer's decision."""

import secrets
from typing import Self
from uuid import UUID

from shared.database.pool import Pool, open_pool
from shared.kernel.sealed import Sealed
from shared.keyring.data_keys import DataKeys, KeyDestroyed, KeyUnknown
from shared.keyring.envelope import NONCE_BYTES, DataKey, SealBroken, open_text, salt_of, seal_text
from shared.keyring.key_cache import KeyCache
from shared.keyring.key_service import KeyService

CONNECTIONS = 4
CACHED_KEYS = 10_000
CACHED_SECONDS = 60.0
"""The longest time for which a process still opens what another process has erased."""


class Keyring:
    """The keyring of one process: a pool to the keyring database, a key service and a short-lived key cache."""

    def __init__(self, pool: Pool, key_service: KeyService, cache: KeyCache | None = None) -> None:
        self._pool = pool
        self._keys = DataKeys(pool, key_service)
        self._cache = KeyCache(CACHED_KEYS, CACHED_SECONDS) if cache is None else cache

    @classmethod
    async def open(cls, dsn: str, key_service: KeyService) -> Self:
        """Connect to the keyring database with the keyring role."""
        return cls(await open_pool(dsn, CONNECTIONS), key_service)

    async def close(self) -> None:
        """Close the pool; keys in memory go with the object."""
        await self._pool.close()

    async def answers(self) -> bool:
        """Return whether the keyring database answers, for /readyz."""
        return bool(await self._pool.fetchval("SELECT true"))

    async def begin(self, *, subject: UUID, matter: UUID) -> None:
        """Make the key of a subject in a matter that begins here; `seal` then finds it. Raises KeyDestroyed."""
        if self._cache.at((subject, matter)) is None:
            self._remember(await self._keys.begin(subject, matter))

    async def seal(self, text: str, *, subject: UUID, matter: UUID, label: str) -> Sealed[str]:
        """Close `text` as the field `label` of `subject` in `matter`; the key is durable before this returns.

        Raises KeyDestroyed when the subject was erased from the matter, ValueError for text that UTF-8 cannot hold.
        """
        key = self._cache.at((subject, matter))
        if key is None:
            key = self._remember(await self._keys.at(subject, matter))
        return seal_text(text, key, label, nonce=secrets.token_bytes(NONCE_BYTES), salt=salt_of(text, key, label))

    async def open_sealed(self, sealed: Sealed[str]) -> str | None:
        """Return the text, or None when its key was destroyed; raises SealBroken if anything was tampered with.

        None is for the reader's placeholder. An envelope whose key nobody knows counts as broken, not as erased.
        """
        key = self._cache.get(sealed.key)
        if key is None:
            try:
                key = self._remember(await self._keys.by_id(sealed.key, (sealed.subject, sealed.matter)))
            except KeyDestroyed:
                return None
            except KeyUnknown as error:
                raise SealBroken(f"{sealed.label} under unknown key {sealed.key}") from error
        return open_text(sealed, key)

    def _remember(self, key: DataKey) -> DataKey:
        self._cache.put(key)
        return key
