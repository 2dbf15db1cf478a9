"""An event of another service as a handler gets it."""

from dataclasses import dataclass

from shared.eventstore.append import Watermark
from shared.eventstore.transact import Cause
from shared.kernel.events import Codec, Event
from shared.kernel.metadata import Metadata, system_actor
from shared.kernel.recorded import Recorded


@dataclass(frozen=True, slots=True)
class Message:
    """`recorded` on its way to `consumer`."""

    recorded: Recorded
    consumer: str

    def event(self, codec: Codec) -> Event:
        """Return the event in its current shape; raises UnknownEvent for one of another build."""
        return codec.decode(self.recorded.type, self.recorded.schema_version, self.recorded.payload, foreign=True)

    @property
    def metadata(self) -> Metadata:
        """Who, when, for what matter."""
        return Metadata.decode(self.recorded.metadata)

    @property
    def watermark(self) -> Watermark:
        """What the effect has to keep in its own transaction: `transact(…, watermark=message.watermark, wait=True)`."""
        recorded = self.recorded
        return Watermark(self.consumer, recorded.log, recorded.stream, recorded.version, recorded.event_id)

    def cause(self, actor_name: str) -> Cause:
        """Return the cause of a command that this event leads to: the same request, caused by this event."""
        metadata = self.metadata
        return Cause(
            actor=system_actor(actor_name),
            correlation=metadata.correlation,
            causation=self.recorded.event_id,
            traceparent=metadata.traceparent,
        )
