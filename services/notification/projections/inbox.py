"""What has a party been told, and what has it acknowledged?"""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index, MetaData, String, Table, Uuid, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notification.domain import CODEC
from shared.authz.caller import Caller
from shared.contracts.notification import NoticeIssued
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, is_party, within

metadata = MetaData(schema="view")
notices = Table(
    "notices",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("party", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False),
    Column("template", String, nullable=False),
    Column("about_service", String, nullable=False),
    Column("about_id", Uuid, nullable=False),
    Column("state", String, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Index("notices_by_party", "party", "issued_at", "id"),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a notice when it is issued; afterwards follow the state to which its events lead."""
    if isinstance(event, NoticeIssued):
        row = event.model_dump(include={"party", "jurisdiction", "template", "about_service", "about_id"})
        issued = {"id": recorded.stream_id, "state": event.leads_to, "issued_at": recorded.recorded_at}
        await connection.execute(insert(notices).values(**row, **issued))
    elif event.leads_to:
        await connection.execute(update(notices).where(notices.c.id == recorded.stream_id).values(state=event.leads_to))


def facts(columns: Columns, caller: Caller, _at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each notice in the list."""
    return {"within": within(columns.jurisdiction, caller), "concerned": is_party(caller, columns.party)}


MODEL = ReadModel(name="inbox", version=3, metadata=metadata, codec=CODEC, project=project, rows=RowVersions(notices))
