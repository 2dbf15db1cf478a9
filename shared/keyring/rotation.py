"""Puts every data key under the current key-encryption key, while the services run; logs are not touched."""

import asyncio
import logging
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from shared.keyring.data_keys import place_bytes
from shared.keyring.key_service import KeyService, KeyServiceRefused, Wrapped

_BATCH = 500
_NEXT = """
    SELECT key_id, subject, matter, suite, wrapped, kek_id FROM keyring.data_keys
    WHERE destroyed_at IS NULL AND kek_id <> $1 AND ($2::uuid IS NULL OR key_id > $2) ORDER BY key_id LIMIT $3
"""
# A key that was destroyed, or put under another key-encryption key, since it was read stays as it is now.
_REWRAP = """
    UPDATE keyring.data_keys AS k SET wrapped = new.wrapped, kek_id = $4
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS new (key_id, before, wrapped)
    WHERE k.key_id = new.key_id AND k.wrapped = new.before
"""
_LEFT = """
    SELECT kek_id, count(*) FROM keyring.data_keys WHERE destroyed_at IS NULL AND kek_id <> $1 GROUP BY 1 ORDER BY 1
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rotated:
    """What a run did: keys put under `kek_id`, and how many are still under others (by their ids)."""

    kek_id: str
    rewrapped: int
    left: dict[str, int]


async def rewrap_all(owner: Connection, service: KeyService) -> Rotated:
    """Rewrap every data key that is not under the current key-encryption key; may be stopped and run again.

    `owner` is a connection as the owner of the tables: services may not change a key. What cannot be unwrapped is left
    and counted. A process that still wraps under an older key may leave new ones behind: run it again.
    """
    current, after, rewrapped = await service.current(), None, 0
    while rows := await owner.fetch(_NEXT, current, after, _BATCH):
        made = await asyncio.gather(*(_rewrapped(service, row) for row in rows))
        new = [(row["key_id"], row["wrapped"], data) for row, data in zip(rows, made, strict=True) if data is not None]
        if new:
            ids, before, wrapped = zip(*new, strict=True)
            done = await owner.execute(_REWRAP, list(ids), list(before), list(wrapped), current)
            rewrapped += int(done.split()[-1])
        after = rows[-1]["key_id"]
        logger.info("%d keys are under %s now", rewrapped, current)
    left = {row["kek_id"]: row["count"] for row in await owner.fetch(_LEFT, current)}
    return Rotated(current, rewrapped, left)


async def _rewrapped(service: KeyService, row: asyncpg.Record) -> bytes | None:
    """Return the key under the current key-encryption key; None if the service cannot unwrap it, or has moved on."""
    place = place_bytes(row["key_id"], row["subject"], row["matter"], row["suite"])
    try:
        key = await service.unwrap(Wrapped(row["kek_id"], row["wrapped"]), place)
    except KeyServiceRefused as refused:
        logger.error("data key %s stays as it is: %s", row["key_id"], refused)
        return None
    wrapped = await service.wrap(key, place)
    return wrapped.data if wrapped.kek_id == await service.current() else None
