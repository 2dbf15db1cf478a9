"""Why an append was not written: each a verdict about one append, its neighbours in the batch are unharmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from uuid import UUID

    from shared.eventstore.append import KnownKey

WatermarkVerdict = Literal["duplicate", "hole", "conflict"]


class NotAppended(Exception):
    """Nothing of the append was written; but for LogStopped, sending the same append again would not change that."""


class VersionConflict(NotAppended):
    """The stream stands at `actual`, not at the `expected` version."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream}: expected version {expected}, stands at {actual}")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class KeyKnown(NotAppended):
    """Another append has used the idempotency key; `record` is what it kept."""

    def __init__(self, record: KnownKey) -> None:
        super().__init__("idempotency key is known")
        self.record = record


class WatermarkRefused(NotAppended):
    """The consumed event is not the next one of its stream, which stands at `standing_version` for this consumer.

    `duplicate`: consumed before. `hole`: an earlier event is missing. `conflict`: same version, other event id.
    """

    def __init__(self, kind: WatermarkVerdict, standing_version: int) -> None:
        super().__init__(f"watermark {kind}, stands at {standing_version}")
        self.kind = kind
        self.standing_version = standing_version


class Fenced(NotAppended):
    """Somebody else has taken `lease` since the append's epoch was given."""

    def __init__(self, lease: str) -> None:
        super().__init__(lease)
        self.lease = lease


class EventIdTaken(NotAppended):
    """An event with this id but with other content stands in the log."""

    def __init__(self, event_id: UUID) -> None:
        super().__init__(str(event_id))
        self.event_id = event_id


class AppendRefused(NotAppended):
    """The append can never be written: `reason` names the broken limit, never the content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LogStopped(NotAppended):
    """The log lacks events that its topic holds: nothing is appended until an operator has run `rongcuo recover`."""

    def __init__(self) -> None:
        super().__init__("the log is behind its topic and takes nothing until `rongcuo recover` has succeeded")


class Overloaded(Exception):
    """The queue is full; nothing was queued. Try again after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"queue is full, retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class LogUnavailable(Exception):
    """The appender has stopped or gave up. An append that was under way may stand: send the same again to know."""


class LogHole(Exception):
    """A position is missing in the log. Positions are dense, so an event was lost: stop and restore."""

    def __init__(self, log: str, position: int) -> None:
        super().__init__(f"{log}: no event at or before position {position}")
        self.log = log
        self.position = position
