"""A decider: everything that is specific to one aggregate, as values and pure functions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from shared.kernel.events import Codec, Event


class Concerning(Protocol):
    """What the state of every aggregate tells about itself; it goes into the metadata of its events."""

    @property
    def matter(self) -> UUID | None: ...
    @property
    def jurisdiction(self) -> str | None: ...
    @property
    def rules_version(self) -> str | None: ...


S = TypeVar("S", bound=Concerning)


@dataclass(frozen=True)
class Decider(Generic[S]):
    """One aggregate: `decide(command, state, *, rules) -> events` and `evolve(state, event) -> state`, both pure.

    `category` (no hyphen) names its streams, `<category>-<uuid>`. `reducer_version` is raised whenever `evolve` changes
    meaning, so that no cached state of the old meaning is used.
    """

    category: str
    codec: Codec
    initial: S
    decide: Callable[..., Sequence[Event]]
    evolve: Callable[[S, Any], S]
    reducer_version: int = 1

    def stream(self, aggregate_id: UUID) -> str:
        """Return the stream's name for one aggregate."""
        return f"{self.category}-{aggregate_id}"

    def fold(self, state: S, events: Iterable[Event]) -> S:
        """Apply `events` to `state` in order."""
        for event in events:
            state = self.evolve(state, event)
        return state
