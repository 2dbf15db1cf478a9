"""Folded aggregates kept in the process: a cache and nothing else, because whoever uses one reads the tail first."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from shared.kernel.decider import S

_ENTRY = 512


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """The state of an aggregate at a version; `occurred_at` of its last event, None before the first.

    `size` is how many bytes of payload were folded into it.
    """

    state: S
    version: int
    occurred_at: datetime | None
    size: int = field(default=0, compare=False)


class AggregateCache:
    """The last used states, keyed by stream and reducer version, for `budget` bytes of payload.

    A state takes three to seven times the memory of the payloads that were folded into it, as Python objects do, so
    the 16 MiB are about 80 MiB of the process. Whatever its size, a state counts for half a KiB more.
    """

    def __init__(self, budget: int = 16 * 1024 * 1024) -> None:
        self._room = budget
        self._states: OrderedDict[tuple[str, int], Folded[Any]] = OrderedDict()

    def get(self, stream: str, reducer_version: int) -> Folded[Any] | None:
        """Return the state last put, which may be older than the stream."""
        key = stream, reducer_version
        if key in self._states:
            self._states.move_to_end(key)
        return self._states.get(key)

    def put(self, stream: str, reducer_version: int, folded: Folded[Any]) -> None:
        """Keep `folded` unless a newer version is kept already."""
        key = stream, reducer_version
        known = self._states.get(key)
        if known is None or known.version <= folded.version:
            self._states[key] = folded
            self._room += _weight(known) - _weight(folded)
        self._states.move_to_end(key)
        while self._room < 0:
            self._room += _weight(self._states.popitem(last=False)[1])


def _weight(folded: Folded[Any] | None) -> int:
    return 0 if folded is None else folded.size + _ENTRY
