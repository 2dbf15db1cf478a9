"""Which erasures have been asked for, and how do they stand?"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, MetaData, String, Table, Uuid, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.domain import CODEC
from services.archive.domain.erasure.decisions import DECIDER
from services.archive.domain.erasure.events import ErasureRequested
from shared.authz.caller import Caller
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, is_among, is_recused, within

metadata = MetaData(schema="view")
erasures = Table(
    "erasures",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("matter", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("concerned", ARRAY(Uuid), nullable=False),
    Column("applicants", ARRAY(Uuid), nullable=False),
    Column("recused", ARRAY(String), nullable=False),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter an erasure when it is asked for; afterwards follow the state to which its events lead."""
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, ErasureRequested):
        row = event.model_dump(include={"case_id", "matter", "jurisdiction"})
        asked = {"id": recorded.stream_id, "state": event.leads_to, "requested_at": recorded.recorded_at}
        await connection.execute(insert(erasures).values(**row, **asked, **_excluded(event)))
    elif event.leads_to:
        await connection.execute(
            update(erasures).where(erasures.c.id == recorded.stream_id).values(state=event.leads_to)
        )


def _excluded(event: ErasureRequested) -> dict[str, list[UUID] | list[str]]:
    excluded = event.excluded
    return {
        "concerned": [event.subject, *excluded.concerned],
        "applicants": list(excluded.applicants),
        "recused": [person.casefold() for person in excluded.recused],
    }


def facts(columns: Columns, caller: Caller, _at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each erasure in the list."""
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_among(caller, columns.concerned),
        "applicant": is_among(caller, columns.applicants),
        "recused": is_recused(caller, columns.recused),
    }


MODEL = ReadModel(
    name="erasure_list", version=2, metadata=metadata, codec=CODEC, project=project, rows=RowVersions(erasures)
)
