"""Which reports are there, and how do they stand? Neither who reported nor whom is in any list."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Column,
    Date,
    DateTime,
    MetaData,
    String,
    Table,
    Uuid,
    and_,
    false,
    func,
    insert,
    literal,
    or_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import CODEC
from services.intake.domain.report.decisions import DECIDER
from services.intake.domain.report.events import (
    ReportAssigned,
    ReportReceived,
    ReportRecusalRecorded,
    ReportTransferRecorded,
)
from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, is_party, is_recused, within

metadata = MetaData(schema="view")
reports = Table(
    "reports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("channel", String),
    Column("level", String),
    Column("received_on", Date, nullable=False),
    Column("to_organ", String),
    Column("ground", String),
    Column("office", String),
    Column("concerned", Uuid),
    Column("recused", ARRAY(String), nullable=False),
    Column("state", String, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
)
_RECEIVED = {"jurisdiction", "channel", "level", "received_on", "concerned"}
_SENT_UP = {"jurisdiction", "received_on", "to_organ", "ground"}


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a report when it comes, kept or sent up; follow it to its office, and who is recused from it."""
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, ReportReceived | ReportTransferRecorded):
        row = event.model_dump(include=_RECEIVED if isinstance(event, ReportReceived) else _SENT_UP)
        entered = {"id": recorded.stream_id, "state": event.leads_to, "entered_at": recorded.recorded_at}
        await connection.execute(insert(reports).values(**row, **entered, recused=[]))
    changed = update(reports).where(reports.c.id == recorded.stream_id)
    if isinstance(event, ReportAssigned):
        await connection.execute(changed.values(office=event.office, state=event.leads_to))
    if isinstance(event, ReportRecusalRecorded):
        recused = func.array_append(reports.c.recused, event.person.casefold())
        await connection.execute(changed.values(recused=recused))


def facts(columns: Columns, caller: Caller, _at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each report in the list."""
    about_the_head = columns.ground.is_not_distinct_from("head_of_organ")
    outside = literal(Role.PETITION_OFFICE not in caller.roles or Role.DIC_HEAD in caller.roles)
    mine = columns.office.is_not_distinct_from(caller.organisation) if caller.organisation else false()
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "unassigned": columns.office.is_(None),
        "assigned": mine,
        "recused": or_(is_recused(caller, columns.recused), and_(about_the_head, outside)),
    }


MODEL = ReadModel(
    name="report_list",
    version=2,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=RowVersions(reports),
    awaited=(ReportAssigned, ReportRecusalRecorded),
)
