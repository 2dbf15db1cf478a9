"""Who has asked to see an identity, and is it open?"""

from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, and_, insert, literal, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import CODEC
from services.intake.domain.unmasking.decisions import DECIDER
from services.intake.domain.unmasking.events import UnmaskingGranted, UnmaskingRequested
from shared.authz.caller import Caller
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, is_party, within

metadata = MetaData(schema="view")
unmaskings = Table(
    "unmaskings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("report_id", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("concerned", Uuid),
    Column("requester", String, nullable=False),
    Column("state", String, nullable=False),
    Column("open_until", DateTime(timezone=True)),
    Column("requested_at", DateTime(timezone=True), nullable=False),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter what was asked for; note until when it is open."""
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, UnmaskingRequested):
        row = event.model_dump(include={"report_id", "jurisdiction", "concerned", "requester"})
        entered = {"id": recorded.stream_id, "state": event.leads_to, "requested_at": recorded.recorded_at}
        await connection.execute(insert(unmaskings).values(**row, **entered))
    if isinstance(event, UnmaskingGranted):
        changed = update(unmaskings).where(unmaskings.c.id == recorded.stream_id)
        await connection.execute(changed.values(open_until=event.open_until, state=event.leads_to))


def facts(columns: Columns, caller: Caller, at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each unmasking in the list."""
    author = columns.requester == caller.person
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "author": author,
        "unmasked": and_(author, columns.open_until.is_not(None), columns.open_until > literal(at)),
    }


MODEL = ReadModel(
    name="unmasking_list",
    version=1,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=RowVersions(unmaskings),
)
