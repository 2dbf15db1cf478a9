"""Who has asked to see an identity, and is it open?"""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    Uuid,
    and_,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import CODEC
from services.intake.domain.report.events import ReportRecusalRecorded
from services.intake.domain.unmasking.decisions import DECIDER
from services.intake.domain.unmasking.events import UnmaskingGranted, UnmaskingRequested
from shared.authz.caller import Caller
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, is_party, is_recused, within

metadata = MetaData(schema="view")
unmaskings = Table(
    "unmaskings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("report_id", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("concerned", Uuid),
    Column("recused", ARRAY(String), nullable=False),
    Column("requester", String, nullable=False),
    Column("state", String, nullable=False),
    Column("open_until", DateTime(timezone=True)),
    Column("requested_at", DateTime(timezone=True), nullable=False),
)
recusals = Table("report_recusals", metadata, Column("report_id", Uuid, index=True), Column("person", String))
"""Who is recused from which report, for the unmaskings that are asked for later."""
VERSIONS = RowVersions(unmaskings)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter what was asked for; note until when it is open, and who is recused from the report."""
    if isinstance(event, ReportRecusalRecorded):
        await _recuse(connection, event.person.casefold(), recorded)
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, UnmaskingRequested):
        row = event.model_dump(include={"report_id", "jurisdiction", "concerned", "requester"})
        entered = {"id": recorded.stream_id, "state": event.leads_to, "requested_at": recorded.recorded_at}
        known = select(recusals.c.person).where(recusals.c.report_id == event.report_id)
        recused = (await connection.execute(known)).scalars().all()
        await connection.execute(insert(unmaskings).values(**row, **entered, recused=recused))
    if isinstance(event, UnmaskingGranted):
        changed = update(unmaskings).where(unmaskings.c.id == recorded.stream_id)
        await connection.execute(changed.values(open_until=event.open_until, state=event.leads_to))


async def _recuse(connection: AsyncConnection, person: str, recorded: Recorded) -> None:
    """Keep who is recused from a report out of all its unmaskings, which are not the rows of the report's stream."""
    await connection.execute(insert(recusals).values(report_id=recorded.stream_id, person=person))
    changed = update(unmaskings).where(unmaskings.c.report_id == recorded.stream_id)
    changed = changed.values(recused=func.array_append(unmaskings.c.recused, person))
    for row in (await connection.execute(changed.returning(unmaskings.c.id))).scalars().all():
        await VERSIONS.keep(connection, recorded._replace(stream=DECIDER.stream(row)))


def facts(columns: Columns, caller: Caller, at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each unmasking in the list."""
    author = columns.requester == caller.person
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "author": author,
        "recused": is_recused(caller, columns.recused),
        "unmasked": and_(author, columns.open_until.is_not(None), columns.open_until > literal(at)),
    }


MODEL = ReadModel(
    name="unmasking_list",
    version=2,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=VERSIONS,
    awaited=(ReportRecusalRecorded,),
)
