"""The base class of all events, and the codec between a class and what is stored."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

import orjson
from pydantic import BaseModel, ConfigDict

from shared.kernel.canonical import canonical_bytes
from shared.kernel.deprecation import Deprecation
from shared.kernel.errors import UnknownEvent
from shared.kernel.upcasting import Upcasters


class Event(BaseModel):
    """A fact of one stream. The class name is the stored type; names and fields stand for ever once released.

    The class variables publish what the event does to its aggregate, so that anybody can fold the log with code of his
    own: `leads_to` is the state afterwards (None: unchanged), `sets` names payload members that are copied into the
    aggregate's representation under the same name, `appends_to` names the list to which the payload is appended.
    `public` events are contracts: other services may act on them, and nothing in them is sealed. `deprecations` names
    the schema versions that will not be written any more, and from when on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_version: ClassVar[int] = 1
    public: ClassVar[bool] = False
    leads_to: ClassVar[str | None] = None
    sets: ClassVar[tuple[str, ...]] = ()
    appends_to: ClassVar[str | None] = None
    deprecations: ClassVar[Mapping[int, Deprecation]] = {}


class Codec:
    """Stored (type, schema version, payload bytes) ↔ event class, for the events of one or more aggregates."""

    def __init__(self, events: Iterable[type[Event]], upcasters: Upcasters | None = None) -> None:
        self.types: Mapping[str, type[Event]] = {event.__name__: event for event in events}
        steps = upcasters or Upcasters()
        steps.check({name: event.schema_version for name, event in self.types.items()})
        self._readers = {
            (name, version): (steps.chain(name, version), event.__pydantic_validator__)
            for name, event in self.types.items()
            for version in range(1, event.schema_version + 1)
        }

    def encode(self, event: Event) -> bytes:
        """Return the payload's canonical bytes; raises NotCanonical for content outside the profile."""
        return canonical_bytes(event.model_dump(mode="json"))

    def decode(self, event_type: str, schema_version: int, payload: bytes, *, foreign: bool = False) -> Event:
        """Return the event in its current shape; raises UnknownEvent for a type or version of another build.

        Raises ValueError for bytes that do not hold the event. `foreign` is for another service's events: members that
        this build does not know yet, at any depth, are passed over.
        """
        try:
            steps, validator = self._readers[event_type, schema_version]
        except KeyError:
            raise UnknownEvent(event_type, schema_version) from None
        if steps:
            data = orjson.loads(memoryview(payload))
            for step in steps:
                data = step(data)
            payload = orjson.dumps(data)
        # What Event.model_validate_json calls after half a microsecond of its own, a million times in a replay.
        event: Event = validator.validate_json(payload, extra="ignore" if foreign else None)
        return event
