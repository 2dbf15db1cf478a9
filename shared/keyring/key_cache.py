"""A cache of unwrapped data keys, bounded in number and in age, so that a destroyed key soon opens nothing anywhere."""

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from shared.keyring.envelope import DataKey

Place = tuple[UUID, UUID]
"""Subject and matter, in this order."""


class KeyCache:
    """The `size` keys used last, each for at most `seconds` since it was read, found by id or by place."""

    def __init__(self, size: int, seconds: float, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._seconds = seconds
        self._elapsed = elapsed
        self._keys: OrderedDict[UUID, tuple[DataKey, float]] = OrderedDict()
        self._places: dict[Place, UUID] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def at(self, place: Place) -> DataKey | None:
        """Return the key of a subject in a matter, if it is known and young."""
        key_id = self._places.get(place)
        return None if key_id is None else self.get(key_id)

    def get(self, key_id: UUID) -> DataKey | None:
        """Return the key with this id, if it is known and young."""
        known = self._keys.get(key_id)
        if known is None:
            return None
        key, read_at = known
        if self._elapsed() - read_at >= self._seconds:
            self._forget(key_id)
            return None
        self._keys.move_to_end(key_id)
        return key

    def put(self, key: DataKey) -> None:
        """Keep `key` from now on; the one used longest ago makes room."""
        self._keys[key.key_id] = key, self._elapsed()
        self._keys.move_to_end(key.key_id)
        self._places[key.subject, key.matter] = key.key_id
        if len(self._keys) > self._size:
            self._forget(next(iter(self._keys)))

    def forget(self, place: Place) -> None:
        """Forget the key of a subject in a matter, if it is known."""
        if key_id := self._places.get(place):
            self._forget(key_id)

    def clear(self) -> None:
        """Forget every key."""
        self._keys.clear()
        self._places.clear()

    def _forget(self, key_id: UUID) -> None:
        key, _ = self._keys.pop(key_id)
        del self._places[key.subject, key.matter]
