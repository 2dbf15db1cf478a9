"""Which submissions are there, and how do they stand?"""

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
    func,
    insert,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import CODEC
from services.intake.domain.submission.decisions import DECIDER
from services.intake.domain.submission.events import (
    HandlingNoted,
    SubmissionRecusalRecorded,
    SubmissionSubmitted,
    SubmissionTaken,
)
from shared.authz.caller import Caller
from shared.contracts.intake import SubmissionAccepted
from shared.eventstore.readmodels import ReadModel
from shared.eventstore.row_versions import RowVersions
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.web.listing import Columns, FactColumns, handles, is_party, is_recused, within

metadata = MetaData(schema="view")
submissions = Table(
    "submissions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("matter", Uuid, nullable=False),
    Column("jurisdiction", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("applicant", Uuid, index=True),
    Column("act_on", Date, nullable=False),
    Column("state", String, nullable=False),
    Column("case_id", Uuid),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("concerned", Uuid, nullable=False),
    Column("author", String, nullable=False),
    Column("office", String),
    Column("handlers", ARRAY(String)),
    Column("recused", ARRAY(String), nullable=False),
)


async def project(connection: AsyncConnection, event: Event, recorded: Recorded) -> None:
    """Enter a submission when it is filed; afterwards follow the state to which its events lead."""
    if recorded.category != DECIDER.category:
        return
    if isinstance(event, SubmissionSubmitted):
        row = event.model_dump(include={"matter", "jurisdiction", "kind", "applicant", "act_on", "concerned", "author"})
        filed = {"id": recorded.stream_id, "state": event.leads_to, "submitted_at": recorded.recorded_at}
        await connection.execute(insert(submissions).values(**row, **filed, recused=[]))
        return
    changed: dict[str, object] = {"state": event.leads_to} if event.leads_to else {}
    if isinstance(event, SubmissionAccepted):
        changed["case_id"] = event.case_id
    if isinstance(event, SubmissionTaken):
        changed |= {"office": event.office, "handlers": list(event.persons)}
    if isinstance(event, SubmissionRecusalRecorded):
        changed["recused"] = func.array_append(submissions.c.recused, event.person.casefold())
    if isinstance(event, HandlingNoted):
        taken = event.office is not None or event.persons
        changed |= {"office": event.office, "handlers": list(event.persons) if taken else None}
        changed["recused"] = [person.casefold() for person in event.recused]
    if changed:
        await connection.execute(update(submissions).where(submissions.c.id == recorded.stream_id).values(**changed))


def facts(columns: Columns, caller: Caller, _at: datetime) -> FactColumns:
    """Return the SQL form of `relate`: how the caller stands to each submission in the list."""
    return {
        "within": within(columns.jurisdiction, caller),
        "concerned": is_party(caller, columns.concerned),
        "applicant": is_party(caller, columns.applicant),
        "author": columns.author == caller.files_for,
        "unassigned": columns.handlers.is_(None),
        "recused": is_recused(caller, columns.recused),
        "assigned": handles(caller, columns.office, columns.handlers),
    }


MODEL = ReadModel(
    name="submission_list",
    version=5,
    metadata=metadata,
    codec=CODEC,
    project=project,
    rows=RowVersions(submissions),
    awaited=(SubmissionTaken, SubmissionRecusalRecorded, HandlingNoted),
)
