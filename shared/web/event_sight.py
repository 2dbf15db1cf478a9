"""What a caller is told of a thing's events without their content: no more than of the members that they set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from shared.authz.access import Access
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.kernel.events import Event
from shared.kernel.metadata import Actor, Metadata
from shared.kernel.recorded import Recorded


class Told(NamedTuple):
    """An event that the caller may know of; `actor` None: he may not know whose it is."""

    event: Recorded
    metadata: Metadata
    actor: Actor | None


@dataclass(frozen=True)
class EventSight:
    """One caller's sight of the events of one thing, to which he stands as `facts` say, by what `action` permits him.

    An event is told if one of the classes of what it sets may be seen; a new state is of the class `record`. Who acted
    says as much as all that the same command has written, and who handles the thing besides; so does an event that sets
    nothing. Everybody knows what he did himself.
    """

    access: Access
    action: str
    facts: Facts
    protection: Protection[Any]
    types: Mapping[str, type[Event]]

    def told(self, stored: Sequence[Recorded]) -> list[Told]:
        """Return what is told of events of one stream, oldest first; whole commands, or less is told than may be."""
        commands = groupby(stored, key=attrgetter("metadata"))
        return [told for metadata, events in commands for told in self._of_command(metadata, list(events))]

    def _of_command(self, encoded: bytes, events: Sequence[Recorded]) -> Iterator[Told]:
        """The events of one command have the same metadata, byte for byte."""
        metadata, classes = Metadata.decode(encoded), [self._classes(event.type) for event in events]
        written = frozenset[DataClass]().union(*classes)
        seen = bool(written) and all(map(self._sees, written | self._handling()))
        actor = metadata.actor if seen or self._is_caller(metadata.actor) else None
        for event, own in zip(events, classes, strict=True):
            if any(map(self._sees, own)) if own else seen:
                yield Told(event, metadata, actor)

    def _classes(self, event_type: str) -> frozenset[DataClass]:
        known, classes = self.types.get(event_type), self.protection.classes
        if known is None:
            return frozenset()
        members = (*known.sets, *((known.appends_to,) if known.appends_to else ()))
        state = {DataClass.RECORD} if known.leads_to else set()
        return frozenset(state | {classes[member] for member in members if member in classes})

    def _handling(self) -> frozenset[DataClass]:
        return frozenset({DataClass.HANDLING}) & set(self.protection.classes.values())

    def _is_caller(self, actor: Actor) -> bool:
        caller = self.access.caller
        return (actor.issuer, actor.id) == (caller.issuer, caller.subject)

    def _sees(self, data: DataClass) -> bool:
        return self._may(data) or (data is DataClass.IDENTITY and self._may(DataClass.MASKED_IDENTITY))

    def _may(self, data: DataClass) -> bool:
        return self.access.may_also(self.action, self.facts, data)
