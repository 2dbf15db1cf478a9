"""What access records say. Who it was, for whom, under which policies and why stands in their metadata, as everywhere.

Ids, names of members and codes only: no text of any case, no name of anybody.
"""

from typing import cast
from uuid import UUID

from shared.kernel.events import Codec, Event
from shared.kernel.instants import Instant
from shared.kernel.recorded import Recorded


class CaseContentRead(Event):
    """An answer with content was made ready and left as soon as this stood.

    `action` is the operation's id, `resource` the collection it reads (`tolerance-cases`), `ids` the things that the
    answer shows. `fields` are the members it shows of them, `opened` the sealed fields of which the caller got the
    text, `classes` the classes of data that the policies let him see. Feeds show a stretch of a log: `first` and
    `last`. `version` is the one shown, `at_version` and `as_of` say which past was asked for. `status` 304: the caller
    was told that what he holds still stands.
    """

    action: str
    resource: str
    ids: tuple[UUID, ...]
    fields: tuple[str, ...]
    opened: tuple[str, ...]
    classes: tuple[str, ...]
    first: int | None
    last: int | None
    version: int | None
    at_version: int | None
    as_of: Instant | None
    status: int


class AccessRefused(Event):
    """A caller with a valid token was refused.

    `ids` stood in the path, `code` is what he was told, `reason` what he was not: whether the thing is there.
    """

    action: str
    resource: str
    ids: tuple[UUID, ...]
    code: str
    status: int
    reason: str | None


class ExportBegun(Event):
    """An answer without a known end began to leave: everything behind the position `after` (null: from the start)."""

    action: str
    resource: str
    ids: tuple[UUID, ...]
    after: int | None


class ExportEnded(Event):
    """The export that began with the event `export` has ended after so many lines; complete, or broken off."""

    export: UUID
    lines: int
    complete: bool


AccessRecord = CaseContentRead | AccessRefused | ExportBegun | ExportEnded
CODEC = Codec([CaseContentRead, AccessRefused, ExportBegun, ExportEnded])


def told(recorded: Recorded) -> AccessRecord:
    """Return what a stored record says, in its current shape; raises UnknownEvent for one of another build."""
    return cast("AccessRecord", CODEC.decode(recorded.type, recorded.schema_version, recorded.payload))
