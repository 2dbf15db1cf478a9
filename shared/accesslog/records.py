"""What access records say. Who it was, for whom, under which policies and why stands in their metadata, as everywhere.

Ids, names of members and codes only: no text of any case, no name of anybody.
"""

from typing import cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.kernel.events import Codec, Event
from shared.kernel.instants import Instant
from shared.kernel.recorded import Recorded


class SoughtRecords(BaseModel):
    """Which access records somebody looked for, beside the ids: null where he did not say.

    What he typed as a caller may be anything, so its SHA-256 (hexadecimal, over UTF-8) is kept: it can be compared with
    that of every `who.id`. `recorded_from` is included, `recorded_before` is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    caller_sha256: str | None
    recorded_from: Instant | None
    recorded_before: Instant | None


class CaseContentRead(Event):
    """An answer with content was made ready and left as soon as this stood.

    `action` is the operation's id, `resource` the collection it reads (`tolerance-cases`), `ids` the things that the
    answer shows, or that were looked for, whether anything was found or not. `fields` are the members it shows of them,
    `opened` the sealed fields of which the caller got the text, `classes` the classes of data that the policies let him
    see. Feeds show a stretch of a log: `first` and `last`. `version` is the one shown, `at_version` and `as_of` say
    which past was asked for. `status` 304: the caller was told that what he holds still stands. `sought`: which access
    records were looked for, of a read of them.
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
    sought: SoughtRecords | None = None


class AccessRefused(Event):
    """A caller with a valid token was refused.

    `ids` stood in the path or the query, `code` is what he was told, `reason` what he was not: whether the thing is
    there.
    """

    action: str
    resource: str
    ids: tuple[UUID, ...]
    code: str
    status: int
    reason: str | None


class ExportBegun(Event):
    """An answer without a known end began to leave: everything behind the position `after` (null: from the start).

    `ids` stood in the path or the query; `sought`: which access records, of an export of them.
    """

    action: str
    resource: str
    ids: tuple[UUID, ...]
    after: int | None
    sought: SoughtRecords | None = None


class ExportEnded(Event):
    """The export that began with the event `export` has ended; complete, or broken off.

    `lines` is the number of lines of the answer's text: one for each event in NDJSON, in an event stream several, those
    that only keep the connection alive among them. `events` were handed to the connection, `last` is the position of
    the last of them (null: none, or a record from before this was counted); what of it arrived nobody here knows.
    """

    export: UUID
    lines: int
    complete: bool
    events: int | None = None
    last: int | None = None


AccessRecord = CaseContentRead | AccessRefused | ExportBegun | ExportEnded
CODEC = Codec([CaseContentRead, AccessRefused, ExportBegun, ExportEnded])


def told(recorded: Recorded) -> AccessRecord:
    """Return what a stored record says, in its current shape; raises UnknownEvent for one of another build."""
    return cast("AccessRecord", CODEC.decode(recorded.type, recorded.schema_version, recorded.payload))
