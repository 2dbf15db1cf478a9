"""Finding access records, the newest first: by trace id, caller, thing and time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.accesslog.migration import SCHEMA
from shared.database.pool import Pool
from shared.eventstore.log import EventLog
from shared.kernel.recorded import Recorded

_COLUMNS = "position, stream, version, event_id, type, schema_version, payload, metadata, recorded_at"
_BEFORE = f"SELECT {SCHEMA}.position_before($1)"
_FIND = f"""
    SELECT {_COLUMNS} FROM {SCHEMA}.events WHERE position > $1 AND position <= $2 {{matching}}
    ORDER BY position DESC LIMIT $3
"""  # noqa: S608 - constants
# Its index gives no order, and its matches are found first, lest the planner go through all records instead.
_OF_THING = f"""position = ANY (ARRAY(
    SELECT position FROM {SCHEMA}.events WHERE {SCHEMA}.things_of(payload) @> ARRAY[${{n}}::uuid]))
"""  # noqa: S608 - constants
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Sought:
    """Which records are sought; None: whatever it is. `recorded_from` is included, `recorded_before` is not."""

    trace_id: UUID | None = None
    caller: str | None = None
    thing: UUID | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None


class AccessLog(EventLog):
    """The access log of one service, for whoever may read it."""

    def __init__(self, pool: Pool, log: str) -> None:
        super().__init__(pool, log, SCHEMA)

    async def find(self, sought: Sought, *, upto: int | None, limit: int) -> list[Recorded]:
        """Return at most `limit` records that match, the last ones first; `upto` is the last position of interest."""
        first, last = await self._stretch(sought, upto)
        equal = {
            f"{SCHEMA}.trace_of(metadata) = ${{n}}": sought.trace_id,
            f"{SCHEMA}.caller_of(metadata) = ${{n}}": sought.caller,
            _OF_THING: sought.thing,
        }
        given = {condition: value for condition, value in equal.items() if value is not None}
        matching = "".join(f" AND {condition.format(n=n)}" for n, condition in enumerate(given, 4))
        rows = await self.pool.fetch(_FIND.format(matching=matching), first, last, limit, *given.values())
        return [Recorded(self.name, *row) for row in rows]

    async def all(self, sought: Sought) -> AsyncIterator[Recorded]:
        """Yield every record that matches now, the newest first, in bounded pages."""
        upto: int | None = await self.head()
        while page := await self.find(sought, upto=upto, limit=_PAGE):
            for record in page:
                yield record
            upto = page[-1].position - 1

    async def _stretch(self, sought: Sought, upto: int | None) -> tuple[int, int]:
        """Return the positions between which (the first one excluded) the records of the time sought stand."""
        first = await self._before(sought.recorded_from) if sought.recorded_from else 0
        last = await self._before(sought.recorded_before) if sought.recorded_before else await self.head()
        return first, last if upto is None else min(last, upto)

    async def _before(self, moment: datetime) -> int:
        position: int = await self.pool.fetchval(_BEFORE, moment)
        return position
