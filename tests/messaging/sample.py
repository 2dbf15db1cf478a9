"""A small world: `folder` aggregates with public and private events, and a service that copies what it hears of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from shared.eventstore.append import Append, NewEvent
from shared.eventstore.store import EventStore
from shared.kernel.decider import Decider
from shared.kernel.events import Codec, Event
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata, system_actor
from shared.kernel.recorded import Recorded

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Filed(Event):
    """A public event."""

    public = True
    number: int
    subject: str = "容错申请"


class Shelved(Event):
    """A private event."""

    note: str


class Copied(Event):
    """The effect in the consuming service; it says what it was made of."""

    source: UUID
    number: int


FOLDER = Codec([Filed, Shelved])
COPIES = Codec([Copied])


@dataclass(frozen=True)
class Nothing:
    """A state that never changes, so that every command has its effect, the second as much as the first."""

    matter: UUID | None = None
    jurisdiction: str | None = None
    rules_version: str | None = None


def copy(command: Copied, _state: Nothing, *, rules: None) -> Sequence[Event]:
    return [command]


COPY = Decider("copy", COPIES, Nothing(), copy, lambda state, _event: state)


def stream(number: int) -> str:
    """Return the name of the folder with this number; streams 0 … 20 lie in ten of the twelve partitions."""
    return f"folder-{uuid5(UUID(int=0), str(number))}"


async def write(store: EventStore, name: str, *events: Event) -> list[Recorded]:
    """Append events at the end of a stream and return them as recorded."""
    known = await store.log.read_stream(name)
    metadata = Metadata(
        log=store.log.name,
        matter=UUID(int=7),
        jurisdiction="331123",
        occurred_at=store.clock(),
        actor=system_actor("test"),
        rules_version=None,
        policy=None,
        purpose=None,
        correlation=UUID(int=8),
        causation=None,
        traceparent=TRACEPARENT,
    ).encode()
    new = tuple(
        NewEvent(new_id(), type(event).__name__, event.schema_version, FOLDER.encode(event), metadata)
        for event in events
    )
    await store.appender.append(Append(new_id(), name, len(known), new))
    return await store.log.read_stream(name, after=len(known))


async def write_some(store: EventStore, streams: int = 8, each: int = 4) -> list[Recorded]:
    """Write public and private events to several folders in turn, as they would come."""
    for number in range(each):
        for folder in range(streams):
            event = Shelved(note="x") if number % 3 == 1 else Filed(number=number)
            await write(store, stream(folder), event)
    return await store.log.read_page(after=0)
