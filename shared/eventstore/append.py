"""What is asked of the log and what it answers: plain values, checked for size before they are queued."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.eventstore.errors import AppendRefused
from shared.kernel.canonical import Canonical, NotCanonical, parse_canonical

MAX_PAYLOAD = 256 * 1024
MAX_METADATA = 8 * 1024
MAX_APPEND = 4 * 1024 * 1024
_STREAM = re.compile(r"[a-z][a-z0-9_]{0,62}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]{0,99}")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has no place yet. `payload` and `metadata` are canonical JSON bytes (≤ 256 KiB and ≤ 8 KiB).

    Bytes of the type `Canonical` are taken at its word, others are parsed when they are appended.
    """

    event_id: UUID
    type: str
    schema_version: int
    payload: bytes
    metadata: bytes


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What a repetition of a request is answered with. `scope` = caller, method and path; `digest` of the request."""

    scope: str
    key: str
    digest: bytes
    status: int
    location: str | None


@dataclass(frozen=True, slots=True)
class KnownKey:
    """The record kept under an idempotency key, with the place of the append that kept it."""

    digest: bytes
    status: int
    location: str | None
    stream: str
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Watermark:
    """Which event of another log the append consumes: `consumer` moves in (`log`, `stream`) to `version`."""

    consumer: str
    log: str
    stream: str
    version: int
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer of the append's stream, keyed by `name`; `due_at` None cancels it."""

    name: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fence:
    """The append holds only while `epoch` is the last one given for `lease`."""

    lease: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Append:
    """All or nothing for one stream: events at `expected_version` + 1 …, and what is kept in the same transaction.

    `events` may be empty when something else is kept; `expected_version` is checked all the same. Sending the same
    append again (same `append_id`, same event ids, same bytes) is harmless: it answers `Stored`.
    """

    append_id: UUID
    stream: str
    expected_version: int
    events: tuple[NewEvent, ...]
    idempotency: IdempotencyRecord | None = None
    watermark: Watermark | None = None
    timers: tuple[Timer, ...] = ()
    fence: Fence | None = None

    @property
    def size(self) -> int:
        """How many bytes of payload and metadata the append carries."""
        return sum(len(event.payload) + len(event.metadata) for event in self.events)

    def rivals(self, other: "Append") -> bool:
        """Tell whether both want the same place in one stream, so that one batch can hold them: one is stored.

        Not with timers: a timer alone leaves nothing by which a second sending could be known.
        """
        same = (self.stream, self.expected_version) == (other.stream, other.expected_version)
        return same and not (self.timers or other.timers)

    def claims(self) -> Iterator[object]:
        """Yield what no other append of the same batch may name: each is judged by what stands, not by neighbours."""
        for event in self.events:
            yield event.event_id
        if self.idempotency:
            yield self.idempotency.scope, self.idempotency.key
        if self.watermark:
            yield self.watermark.consumer, self.watermark.log, self.watermark.stream


@dataclass(frozen=True, slots=True)
class Stored:
    """The append stands. Position and version of its last event; without events: of what stood before it."""

    position: int
    version: int


def check(append: Append) -> None:
    """Raise AppendRefused for an append that could never be stored: empty, malformed, too large, not canonical."""
    if not (append.events or append.idempotency or append.watermark or append.timers):
        raise AppendRefused("nothing to write")
    if not _STREAM.fullmatch(append.stream):
        raise AppendRefused("a stream is <category>-<uuid>")
    if append.size > MAX_APPEND:
        raise AppendRefused("more than 4 MiB in one append")
    for event in append.events:
        _check_event(event)


def _check_event(event: NewEvent) -> None:
    if not _TYPE.fullmatch(event.type):
        raise AppendRefused("a type is a class name")
    if len(event.payload) > MAX_PAYLOAD:
        raise AppendRefused("payload over 256 KiB")
    if len(event.metadata) > MAX_METADATA:
        raise AppendRefused("metadata over 8 KiB")
    for data in (event.payload, event.metadata):
        if not isinstance(data, Canonical):
            try:
                parse_canonical(data)
            except NotCanonical as error:
                raise AppendRefused("not canonical JSON") from error
