"""What a service says about its consumers: plain values, run by `shared.messaging.runner`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.kernel.events import Codec, Event
from shared.kernel.recorded import Recorded
from shared.messaging.connections import Connection
from shared.messaging.message import Message

Handler = Callable[[Any, Message], Awaitable[None]]
Take = Callable[[Connection, Sequence[Recorded]], Awaitable[None]]


@dataclass(frozen=True)
class Consumer:
    """Turns events of other services into commands of this one, by one handler for each event class.

    A handler carries out its command by `transact(…, watermark=message.watermark, wait=True)`, so that effect and
    watermark stand or fall together. One that finds nothing to do returns; the watermark is then moved for it. `name`
    is `<service>.<source>` and stands for ever: it is the key of everything that is remembered.
    """

    name: str
    logs: tuple[str, ...]
    codec: Codec
    handlers: Mapping[type[Event], Handler]

    def handler(self, recorded: Recorded) -> Handler | None:
        """Return who takes events of this type, None if nobody does."""
        event = self.codec.types.get(recorded.type)
        return None if event is None else self.handlers.get(event)


@dataclass(frozen=True)
class Sink:
    """Takes every event of the logs as rows, written in the same transaction as the watermarks.

    `take` gets a connection inside a transaction and events that are in order within each stream; it may be called
    again for the same events after a rollback, never after a commit.
    """

    name: str
    logs: tuple[str, ...]
    take: Take
