"""Keeps drafts in the table `app.drafts`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, MetaData, RowMapping, String, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.application.drafts import Draft, DraftContent, owner_of
from shared.authz.caller import Caller
from shared.contracts.archive import SubjectErased
from shared.kernel.recorded import Recorded
from shared.messaging.connections import Connection
from shared.web.listing import within

metadata = MetaData(schema="app")
drafts = Table(
    "drafts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner", String, nullable=False),
    Column("matter", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

_PURGE = """
    DELETE FROM app.drafts
    WHERE content ->> 'concerned' = $1::uuid::text AND (matter = $2 OR $3)
"""


async def purge(connection: Connection, events: Sequence[Recorded]) -> None:
    """Forget the drafts about whom the archive has erased; nobody could open their texts any more."""
    for stored in events:
        if stored.type == SubjectErased.__name__:
            erased = SubjectErased.model_validate_json(stored.payload, extra="ignore")
            await connection.execute(_PURGE, erased.subject, erased.matter, erased.identity)


class DraftTable:
    """The shelf of drafts in PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, draft_id: UUID, owner: str) -> Draft | None:
        """Return the owner's draft."""
        query = select(drafts).where(drafts.c.id == draft_id, drafts.c.owner == owner)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _draft(row)

    async def put(self, draft: Draft, at: datetime) -> bool:
        """Keep `draft` in place of the version before it; False when that is not the version that stands."""
        row = {
            "id": draft.id,
            "owner": draft.owner,
            "matter": draft.matter,
            "version": draft.version,
            "content": draft.content.model_dump(mode="json"),
            "updated_at": at,
        }
        new = insert(drafts).values(**row)
        statement = new.on_conflict_do_update(
            index_elements=[drafts.c.id],
            set_={name: new.excluded[name] for name in ("version", "content", "updated_at")},
            where=(drafts.c.owner == draft.owner) & (drafts.c.version == draft.version - 1),
        ).returning(drafts.c.id)
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def owned(self, caller: Caller, after: UUID | None, limit: int) -> Sequence[Draft]:
        """Return up to `limit` of the caller's drafts in his jurisdictions, by id."""
        own = drafts.c.owner == owner_of(caller)
        here = within(drafts.c.content["jurisdiction"].astext, caller)
        query = select(drafts).where(own, here).order_by(drafts.c.id).limit(limit)
        if after is not None:
            query = query.where(drafts.c.id > after)
        async with self._engine.connect() as connection:
            return [_draft(row) for row in (await connection.execute(query)).mappings()]

    async def remove(self, draft_id: UUID, owner: str, version: int | None = None) -> bool:
        """Forget the draft, with `version` only in that version; False when there is none."""
        statement = delete(drafts).where(drafts.c.id == draft_id, drafts.c.owner == owner).returning(drafts.c.id)
        if version is not None:
            statement = statement.where(drafts.c.version == version)
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).one_or_none() is not None


def _draft(row: RowMapping) -> Draft:
    content = DraftContent.model_validate(row["content"])
    return Draft(row["id"], row["owner"], row["matter"], row["version"], content)
