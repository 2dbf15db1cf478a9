"""Keys stay in memory only for a while, and only so many."""

from uuid import UUID

from shared.kernel.ids import new_id
from shared.keyring.envelope import DataKey
from shared.keyring.key_cache import KeyCache


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def key(subject: UUID | None = None) -> DataKey:
    return DataKey(new_id(), subject or new_id(), new_id(), b"k" * 32)


def test_a_key_is_found_by_id_and_by_place() -> None:
    cache, known = KeyCache(2, 60), key()
    cache.put(known)
    assert cache.get(known.key_id) is known
    assert cache.at((known.subject, known.matter)) is known
    assert cache.get(new_id()) is None
    assert cache.at((known.matter, known.subject)) is None


def test_a_key_is_forgotten_when_it_grows_old_however_often_it_is_used() -> None:
    watch = Watch()
    cache, known = KeyCache(2, 60, watch), key()
    cache.put(known)
    for second in range(60):
        watch.seconds = float(second)
        assert cache.get(known.key_id) is known
    watch.seconds = 60.0
    assert cache.at((known.subject, known.matter)) is None
    assert cache.get(known.key_id) is None
    assert len(cache) == 0


def test_the_key_used_longest_ago_makes_room() -> None:
    cache, (first, second, third) = KeyCache(2, 60), (key(), key(), key())
    cache.put(first)
    cache.put(second)
    cache.get(first.key_id)
    cache.put(third)
    assert len(cache) == 2
    assert cache.at((second.subject, second.matter)) is None
    assert [cache.get(known.key_id) for known in (first, third)] == [first, third]
