"""Seals and opens text at an edge; nothing here is called from a domain, a read model or a consumer's decision."""

import secrets
from collections.abc import Awaitable, Collection
from typing import Self
from uuid import UUID

from shared.database.pool import Pool, open_pool
from shared.kernel.sealed import Sealed
from shared.keyring.data_keys import DataKeys, Destroyed, KeyDestroyed, KeyUnknown
from shared.keyring.destructions import Destructions
from shared.keyring.envelope import NONCE_BYTES, DataKey, Opening, open_salted, salt_of, seal_text
from shared.keyring.key_cache import KeyCache, Place
from shared.keyring.key_service import KeyService
from shared.keyring.suites import A256GCM, Suite

CONNECTIONS = 4
CACHED_KEYS = 10_000
CACHED_SECONDS = 60.0
"""The longest time for which a key stays in memory unless it is asked for anew (destroyed ones go at once)."""


class KeyLost(Exception):
    """No key has the id that an envelope names: the keyring is older than the log. Its text cannot be shown."""


class Keyring:
    """The keyring of one process: a pool to the keyring database, a key service and a short-lived key cache.

    Keys are kept in memory only while `open` has it listening for destroyed ones. New keys are made for `suite`.
    """

    def __init__(
        self, pool: Pool, key_service: KeyService, cache: KeyCache | None = None, suite: Suite = A256GCM
    ) -> None:
        self.pool = pool
        self._keys = DataKeys(pool, key_service, suite)
        self._cache = KeyCache(CACHED_KEYS, CACHED_SECONDS) if cache is None else cache
        self._destructions = Destructions(pool, self._cache)

    @classmethod
    async def open(cls, dsn: str, key_service: KeyService, suite: Suite = A256GCM) -> Self:
        """Connect to the keyring database with the keyring role."""
        keyring = cls(await open_pool(dsn, CONNECTIONS), key_service, suite=suite)
        await keyring._destructions.begin()
        return keyring

    async def close(self) -> None:
        """Close the pool; keys in memory go with the object."""
        await self._destructions.end()
        await self.pool.close()

    async def answers(self) -> bool:
        """Return whether the keyring database answers, for /readyz."""
        return bool(await self.pool.fetchval("SELECT true"))

    def vouch(self) -> None:
        """Vouch from now on that every erasure is applied: for archive, whose log knows them all."""
        self._destructions.vouch()

    async def vouched(self) -> bool:
        """Return whether archive runs and vouches for this keyring."""
        return await self._destructions.vouched()

    async def begin(self, *, subject: UUID, matter: UUID) -> None:
        """Make the key of a subject in a matter that begins here; `seal` then finds it. Raises KeyDestroyed."""
        if self._known(self._cache.at((subject, matter))) is None:
            await self._remembered(self._keys.begin(subject, matter))

    async def seal(self, text: str, *, subject: UUID, matter: UUID, label: str) -> Sealed[str]:
        """Close `text` as the field `label` of `subject` in `matter`; the key is durable before this returns.

        Raises KeyDestroyed when the subject was erased from the matter, ValueError for text that UTF-8 cannot hold.
        """
        key = self._known(self._cache.at((subject, matter)))
        if key is None:
            key = await self._remembered(self._keys.at(subject, matter))
        return _sealed(text, key, label)

    async def rehearse(self, text: str, *, subject: UUID, matter: UUID, label: str) -> Sealed[str]:
        """Return what `seal` would, and write nothing: where there is no key, one closes the text that nobody keeps.

        Raises what `seal` raises.
        """
        key = self._known(self._cache.at((subject, matter)))
        if key is None:
            key = await self._keys.standing(subject, matter) or self._keys.fresh(subject, matter)
        return _sealed(text, key, label)

    async def open_sealed(self, sealed: Sealed[str]) -> str | None:
        """Return the text, or None when its key was destroyed: that is for the reader's placeholder.

        Raises KeyLost when nobody knows the key, SealBroken if anything was tampered with.
        """
        opening = await self.open_salted(sealed)
        return None if opening is None else opening.text

    async def open_salted(self, sealed: Sealed[str]) -> Opening | None:
        """Return what `open_sealed` does together with the salt that proves it."""
        key = self._known(self._cache.get(sealed.key))
        if key is None:
            try:
                key = await self._remembered(self._keys.by_id(sealed.key, (sealed.subject, sealed.matter)))
            except KeyDestroyed:
                return None
            except KeyUnknown:
                raise KeyLost(f"{sealed.label} under key {sealed.key}") from None
        return open_salted(sealed, key)

    async def destroy(self, places: Collection[Place]) -> list[Destroyed]:
        """Destroy the keys of subjects in matters for good, here and in every process; may be repeated."""
        evidence = await self._keys.destroy(places)
        for place in places:
            self._destructions.forget(place)
        return evidence

    def _known(self, key: DataKey | None) -> DataKey | None:
        return key if self._destructions.current else None

    async def _remembered(self, reading: Awaitable[DataKey]) -> DataKey:
        """Return a key that is being read, and keep it unless a destruction was told of meanwhile."""
        heard = self._destructions.heard
        key = await reading
        if self._destructions.current and self._destructions.heard == heard:
            self._cache.put(key)
        return key


def _sealed(text: str, key: DataKey, label: str) -> Sealed[str]:
    return seal_text(text, key, label, nonce=secrets.token_bytes(NONCE_BYTES), salt=salt_of(text, key, label))
