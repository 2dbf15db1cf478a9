"""Which cases are there, and how do they stand?"""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    DateTime,
    MetaData,
    String,
    Table,
    Uuid,
    delete,
    exists,
    func,
    insert,
    literal,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.adjudication.domain import CODEC
from services.adjudication.domain.tolerance_case.events import (
    AccessEnded,
    AccessGranted,
    OfficeAssigned,
    RecusalRecorded,
)
from shared.authz.caller import Caller
from shared.authz.facts import GRANTS
from shared.contracts.adjudication import ToleranceConcluded, ToleranceInitiated
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import handles, is_party, within

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
    Column("office", String),
    Column("handlers", ARRAY(String)),
    Column("recused", ARRAY(String), nullable=False),
)
grants = Table(
    "case_grants",
    metadata,
    Column("grant_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False, index=True),
    Column("person", String, nullable=False),
    Column("role", String, nullable=False),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
)
PERMISSIONS = (OfficeAssigned, AccessGranted, AccessEnded, RecusalRecorded)
"""What changes who sees a case: a list waits for these events, so that they hold from the next request on."""


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a case when it begins; afterwards follow its state, its office, its grants and its recusals."""
    case = cases.c.id == recorded.stream_id
    match event:
        case ToleranceInitiated():
            row = event.model_dump(include={"matter", "jurisdiction", "source", "concerned", "applicant"})
            row |= {"id": recorded.stream_id, "state": event.leads_to, "initiated_at": recorded.recorded_at}
            await connection.execute(insert(cases).values(**row, recused=[]))
        case OfficeAssigned():
            await connection.execute(
                update(cases).where(case).values(office=event.office, handlers=list(event.persons))
            )
        case AccessGranted():
            await connection.execute(insert(grants).values(case_id=recorded.stream_id, **event.model_dump()))
        case AccessEnded():
            await connection.execute(delete(grants).where(grants.c.grant_id == event.grant_id))
        case RecusalRecorded():
            recused = func.array_append(cases.c.recused, event.person.casefold())
            await connection.execute(update(cases).where(case).values(recused=recused))
        case _ if event.leads_to:
            outcome = {"outcome": event.outcome} if isinstance(event, ToleranceConcluded) else {}
            await connection.execute(update(cases).where(case).values(state=event.leads_to, **outcome))


def facts(caller: Caller, at: datetime) -> dict[str, ColumnElement[bool]]:
    """Return the SQL form of `relate`: how the caller stands to each case in the list."""
    columns = cases.c
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "applicant": is_party(caller, columns.applicant),
        "unassigned": columns.handlers.is_(None),
        "assigned": handles(caller, columns.office, columns.handlers),
        "recused": literal(caller.subject.casefold()) == func.any(columns.recused),
        "concluded": columns.outcome.is_not(None),
        **{fact: _granted(caller, role, at) for role, fact in GRANTS.items()},
    }


def _granted(caller: Caller, role: str, at: datetime) -> ColumnElement[bool]:
    return exists().where(
        grants.c.case_id == cases.c.id,
        grants.c.person == caller.subject,
        grants.c.role == role,
        grants.c.begins_at <= at,
        at < grants.c.ends_at,
    )


MODEL = ReadModel(name="case_list", version=2, metadata=metadata, codec=CODEC, project=project, rows=RowVersions(cases))
