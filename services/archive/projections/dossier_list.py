"""Which dossiers are there, and which still have to be completed?"""

from datetime import datetime

from sqlalchemy import ARRAY, Column, DateTime, MetaData, String, Table, Uuid, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.domain import CODEC
from services.archive.domain.dossier.decisions import DECIDER
from services.archive.domain.dossier.events import DossierEntrusted
from shared.authz.caller import Caller
from shared.contracts.archive import DossierOpened
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, handles, is_party, is_recused, within

metadata = MetaData(schema="view")
dossiers = Table(
    "dossiers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("matter", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("office", String),
    Column("handlers", ARRAY(String)),
    Column("concerned", Uuid),
    Column("applicant", Uuid),
    Column("recused", ARRAY(String), nullable=False),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a dossier when it is opened; afterwards follow the state to which its events lead."""
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, DossierOpened):
        row = event.model_dump(include={"matter", "jurisdiction"})
        opened = {"id": recorded.stream_id, "state": event.leads_to, "opened_at": recorded.recorded_at}
        await connection.execute(insert(dossiers).values(**row, **opened, recused=[]))
    elif isinstance(event, DossierEntrusted):
        entrusted = event.model_dump(include={"office", "concerned", "applicant"})
        entrusted |= {"handlers": list(event.persons), "recused": [person.casefold() for person in event.recused]}
        await connection.execute(update(dossiers).where(dossiers.c.id == recorded.stream_id).values(**entrusted))
    elif event.leads_to:
        await connection.execute(
            update(dossiers).where(dossiers.c.id == recorded.stream_id).values(state=event.leads_to)
        )


def facts(columns: Columns, caller: Caller, _at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each dossier in the list."""
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "applicant": is_party(caller, columns.applicant),
        "recused": is_recused(caller, columns.recused),
        "assigned": handles(caller, columns.office, columns.handlers),
    }


MODEL = ReadModel(
    name="dossier_list",
    version=3,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=RowVersions(dossiers),
    awaited=(DossierEntrusted,),
)
