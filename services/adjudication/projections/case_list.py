"""Which cases are there, and how do they stand?"""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.adjudication.domain import CODEC
from shared.contracts.adjudication import ToleranceConcluded, ToleranceInitiated
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded

metadata = MetaData(schema="view")
cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("matter", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("concerned", Uuid, nullable=False, index=True),
    Column("applicant", Uuid, index=True),
    Column("state", String, nullable=False),
    Column("outcome", String),
    Column("initiated_at", DateTime(timezone=True), nullable=False),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a case when it begins; afterwards follow the state to which its events lead."""
    if isinstance(event, ToleranceInitiated):
        row = event.model_dump(include={"matter", "jurisdiction", "source", "concerned", "applicant"})
        begun = {"id": recorded.stream_id, "state": event.leads_to, "initiated_at": recorded.recorded_at}
        await connection.execute(insert(cases).values(**row, **begun))
        return
    changed = {"state": event.leads_to} if event.leads_to else {}
    if isinstance(event, ToleranceConcluded):
        changed["outcome"] = event.outcome
    if changed:
        await connection.execute(update(cases).where(cases.c.id == recorded.stream_id).values(**changed))


MODEL = ReadModel(name="case_list", version=2, metadata=metadata, codec=CODEC, project=project, rows=RowVersions(cases))
