"""Folded aggregates kept in the process: a cache and nothing else, because whoever uses one reads the tail first."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from shared.kernel.decider import S


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """The state of an aggregate at a version; `occurred_at` of its last event, None before the first."""

    state: S
    version: int
    occurred_at: datetime | None


class AggregateCache:
    """The last used states, at most `size`, keyed by stream and reducer version."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
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
        self._states.move_to_end(key)
        if len(self._states) > self._size:
            self._states.popitem(last=False)
