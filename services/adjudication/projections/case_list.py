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
    cast,
    column,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
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
from shared.web.listing import Columns, FactColumns, handles, is_party, is_recused, within

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
    Column("grants", JSONB, nullable=False),
)
_GRANT = (
    column("person", String),
    column("role", String),
    column("begins_at", DateTime(timezone=True)),
    column("ends_at", DateTime(timezone=True)),
)
_OTHERS = cast("$[*] ? (@.grant_id != $id)", JSONPATH)
PERMISSIONS = (OfficeAssigned, AccessGranted, AccessEnded, RecusalRecorded)
"""What changes who sees a case: a list waits for these events, so that they hold from the next request on."""


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a case when it begins; afterwards follow its state, its office, its grants and its recusals."""
    case = cases.c.id == recorded.stream_id
    match event:
        case ToleranceInitiated():
            row = event.model_dump(include={"matter", "jurisdiction", "source", "concerned", "applicant"})
            row |= {"id": recorded.stream_id, "state": event.leads_to, "initiated_at": recorded.recorded_at}
            await connection.execute(insert(cases).values(**row, recused=[], grants=[]))
        case OfficeAssigned():
            await connection.execute(
                update(cases).where(case).values(office=event.office, handlers=list(event.persons))
            )
        case AccessGranted():
            granted = cases.c.grants.concat([event.model_dump(mode="json")])
            await connection.execute(update(cases).where(case).values(grants=granted))
        case AccessEnded():
            others = func.jsonb_path_query_array(cases.c.grants, _OTHERS, cast({"id": str(event.grant_id)}, JSONB))
            await connection.execute(update(cases).where(case).values(grants=others))
        case RecusalRecorded():
            recused = func.array_append(cases.c.recused, event.person.casefold())
            await connection.execute(update(cases).where(case).values(recused=recused))
        case _ if event.leads_to:
            outcome = {"outcome": event.outcome} if isinstance(event, ToleranceConcluded) else {}
            await connection.execute(update(cases).where(case).values(state=event.leads_to, **outcome))


def facts(columns: Columns, caller: Caller, at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each case in the list."""
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "applicant": is_party(caller, columns.applicant),
        "unassigned": columns.handlers.is_(None),
        "assigned": handles(caller, columns.office, columns.handlers),
        "recused": is_recused(caller, columns.recused),
        "concluded": columns.outcome.is_not(None),
        **{fact: _granted(columns, caller, role, at) for role, fact in GRANTS.items()},
    }


def _granted(columns: Columns, caller: Caller, role: str, at: datetime) -> ColumnElement[bool]:
    """Return that a grant is in force: it stands in the row, so that past states of the list can be filtered, too."""
    grant = func.jsonb_to_recordset(columns.grants).table_valued(*_GRANT).render_derived("granted", with_types=True)
    return exists(
        select(literal(1))
        .select_from(grant)
        .where(grant.c.person == caller.subject, grant.c.role == role, grant.c.begins_at <= at, at < grant.c.ends_at)
    )


MODEL = ReadModel(
    name="case_list",
    version=2,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=RowVersions(cases),
    awaited=PERMISSIONS,
)
