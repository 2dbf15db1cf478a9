"""One stored event with its place in the log, and the hash that commits to all of it."""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from shared.kernel.canonical import canonical_bytes
from shared.kernel.instants import instant_text


class Recorded(NamedTuple):
    """An event as it stands in the log, on Kafka and in the archive: the same bytes in all three.

    `position` counts in the log from 1 without holes, `version` in the stream from 1. `payload` and `metadata` are
    canonical JSON bytes. `recorded_at` is the database's clock, monotone in the log. A tuple, because a replay makes
    millions of them.
    """

    log: str
    position: int
    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    payload: bytes
    metadata: bytes
    recorded_at: datetime

    @property
    def stream_id(self) -> UUID:
        """The aggregate's id: what follows the category and its hyphen."""
        return UUID(self.stream.split("-", 1)[1])

    @property
    def category(self) -> str:
        """The aggregate's kind: what stands before the first hyphen."""
        return self.stream.split("-", 1)[0]

    def record(self) -> bytes:
        """Return the canonical record over which `hash` is taken (layout and test vectors: docs/event-hash.md)."""
        return canonical_bytes(
            {
                "event_id": str(self.event_id),
                "log": self.log,
                "metadata_sha256": sha256(self.metadata).hexdigest(),
                "payload_sha256": sha256(self.payload).hexdigest(),
                "position": self.position,
                "recorded_at": instant_text(self.recorded_at),
                "schema_version": self.schema_version,
                "stream": self.stream,
                "type": self.type,
                "version": self.version,
            }
        )

    @property
    def hash(self) -> str:
        """SHA-256 over `record()`, in lower-case hexadecimal."""
        return sha256(self.record()).hexdigest()
