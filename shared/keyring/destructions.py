"""Hears of destroyed keys, so that no process opens for longer than a moment what another one has erased.

PostgreSQL tells every listener when a destruction commits. A process that may have missed it, because its connection
is away or silent, does not use what it remembers: it asks the keyring database for every key until it hears again.
Over the same connection archive, which alone knows every erasure, vouches that they are applied, as long as it runs.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from shared.database.pool import UNANSWERED, Pool
from shared.keyring.key_cache import KeyCache, Place

CHANNEL = "keyring_destroyed"
_VOUCH = "SELECT pg_advisory_lock_shared(hashtext('keyring'), hashtext('vouched'))"
_WITHDRAW = "SELECT pg_advisory_unlock_shared(hashtext('keyring'), hashtext('vouched'))"
_VOUCHED = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database AS d ON d.oid = database AND d.datname = current_database()
        WHERE locktype = 'advisory' AND objsubid = 2 AND granted
            AND (classid, objid) = (hashtext('keyring')::oid, hashtext('vouched')::oid)
    )
"""
SILENCE_S = 5.0
"""The longest time for which keys in memory are trusted without an answer from the keyring database."""
_BEAT_S, _ANSWER_S, _AGAIN_S = 1.5, 2.0, 0.5

logger = logging.getLogger(__name__)


class Destructions:
    """Keeps a cache honest over one connection of `pool` (which needs another one for the keys themselves)."""

    def __init__(self, pool: Pool, cache: KeyCache, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._cache = cache
        self._elapsed = elapsed
        self._heard_at: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._vouching = False
        self.heard = 0
        """How often keys had to be forgotten: what was read before the last time may not be remembered."""

    @property
    def current(self) -> bool:
        """Whether every destruction until a moment ago has been heard of here."""
        return self._heard_at is not None and self._elapsed() - self._heard_at < SILENCE_S

    async def begin(self) -> None:
        """Listen from now on; returns when the first attempt has succeeded or failed; others follow by themselves."""
        tried = asyncio.Event()
        self._task = asyncio.create_task(self._run(tried), name="keyring-destructions")
        await tried.wait()

    async def end(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def vouch(self) -> None:
        """Let every process know, from a moment later on until this one ends, that all erasures are applied."""
        self._vouching = True

    async def vouched(self) -> bool:
        """Return whether a process that runs now vouches for the keyring."""
        return bool(await self._pool.fetchval(_VOUCHED))

    def forget(self, place: Place) -> None:
        """Forget the key of a place that was destroyed."""
        self.heard += 1
        self._cache.forget(place)

    async def _run(self, tried: asyncio.Event) -> None:
        while True:
            try:
                await self._listen(tried)
            except (*UNANSWERED, TimeoutError) as error:
                logger.warning("keys are not kept in memory: the keyring cannot be heard (%s)", type(error).__name__)
            finally:
                self._forget_all()
                tried.set()
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self, tried: asyncio.Event) -> None:
        async with self._pool.acquire(timeout=_ANSWER_S) as connection:
            await connection.add_listener(CHANNEL, self._told)
            vouching = False
            try:
                while True:
                    if self._vouching and not vouching:
                        await connection.execute(_VOUCH, timeout=_ANSWER_S)
                        vouching = True
                    await connection.fetchval("SELECT 1", timeout=_ANSWER_S)
                    self._heard_at = self._elapsed()
                    tried.set()
                    await asyncio.sleep(_BEAT_S)
            finally:
                with suppress(*UNANSWERED):
                    await connection.remove_listener(CHANNEL, self._told)
                    if vouching:
                        await connection.execute(_WITHDRAW, timeout=_ANSWER_S)

    def _told(self, *message: object) -> None:
        try:
            subject, _, matter = str(message[-1]).partition("/")
            self.forget((UUID(subject), UUID(matter)))
        except ValueError:
            self._forget_all()

    def _forget_all(self) -> None:
        self._heard_at = None
        self.heard += 1
        self._cache.clear()
