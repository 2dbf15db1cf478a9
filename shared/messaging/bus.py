"""The port between consumers and whatever carries the logs: Kafka, or the logs themselves."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.kernel.recorded import Recorded
from shared.messaging.places import Partition, Place, Places


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one partition in order, and the place to remember when all of them are dealt with.

    `assignment` tells one assignment of the partition from the next, see `Subscription.current`.
    """

    partition: Partition
    records: tuple[Recorded, ...]
    end: Place
    assignment: int


class Subscription(Protocol):
    """One member's share of the partitions, from the remembered places on."""

    async def fetch(self) -> Sequence[Batch]:
        """Wait a short while for events; at most one batch for each partition.

        The caller has finished with the batches of the last call, for better or worse, when it calls again.
        """
        ...

    def current(self, batch: Batch) -> bool:
        """Return whether the partition still is with this member, as it was when the batch was fetched."""
        ...

    def assigned(self) -> frozenset[Partition] | None:
        """Return the partitions of this member; None while it does not know them yet."""
        ...


class Bus(Protocol):
    """Carries the logs to consumers, at least once and in order within each stream."""

    def subscribe(self, logs: Sequence[str], places: Places) -> AbstractAsyncContextManager[Subscription]:
        """Share the partitions of `logs` among all members that subscribe as `places.consumer`.

        A partition begins behind the remembered place if that event still stands there, else at its beginning.
        """
        ...

    def partitions(self, logs: Sequence[str]) -> frozenset[Partition]:
        """Return all partitions of `logs`."""
        ...

    async def lag(self, partitions: Collection[Partition], places: Mapping[Partition, Place]) -> int:
        """Return how many events stand behind the places of these partitions."""
        ...

    async def lost(self, places: Mapping[Partition, Place]) -> frozenset[Partition]:
        """Return the partitions in which the remembered event no longer stands at its place."""
        ...
