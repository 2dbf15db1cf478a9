"""Whose access was withdrawn, and is it still?"""

from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData, String, Table, Uuid, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import CODEC
from services.intake.domain.standing.decisions import DECIDER
from services.intake.domain.standing.events import AccessWithdrawn
from shared.authz.caller import Caller
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns

metadata = MetaData(schema="view")
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("issuer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("state", String, nullable=False),
    Column("withdrawn_at", DateTime(timezone=True), nullable=False),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a withdrawal, and follow its state."""
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, AccessWithdrawn):
        row = {"id": recorded.stream_id, "issuer": event.issuer, "subject": event.subject, "state": event.leads_to}
        await connection.execute(insert(withdrawals).values(**row, withdrawn_at=recorded.recorded_at))
        return
    query = update(withdrawals).where(withdrawals.c.id == recorded.stream_id)
    await connection.execute(query.values(state=event.leads_to))


def facts(_columns: Columns, _caller: Caller, _at: datetime) -> FactColumns:
    """Return nothing: the role alone counts."""
    return {}


MODEL = ReadModel(
    name="withdrawal_list",
    version=1,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=RowVersions(withdrawals),
)
