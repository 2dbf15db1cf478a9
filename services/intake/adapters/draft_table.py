"""Keeps drafts in the table `app.drafts`, each row with a MAC: who can write the table can put nothing into a draft."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hmac import compare_digest, digest
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    Uuid,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.application.drafts import Draft, DraftContent, owner_of
from shared.authz.caller import Caller
from shared.contracts.archive import SubjectErased
from shared.kernel.canonical import NotCanonical, canonical_bytes
from shared.kernel.recorded import Recorded
from shared.keyring.envelope import SealBroken
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
    Column("mac", LargeBinary, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
logger = logging.getLogger(__name__)

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
    """The shelf of drafts in PostgreSQL; `key` (32 bytes) authenticates the rows."""

    def __init__(self, engine: AsyncEngine, key: bytes) -> None:
        self._engine = engine
        self._key = key

    async def find(self, draft_id: UUID, owner: str) -> Draft | None:
        """Return the owner's draft; raises SealBroken when it is not what was put."""
        query = select(drafts).where(drafts.c.id == draft_id, drafts.c.owner == owner)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else self._draft(row)

    async def put(self, draft: Draft, at: datetime, *, new: bool) -> bool:
        """Keep a `new` draft under its id, or `draft` in place of the version before it; False when that is not so."""
        row = {
            "id": draft.id,
            "owner": draft.owner,
            "matter": draft.matter,
            "version": draft.version,
            "content": draft.content.model_dump(mode="json"),
        }
        said = row | {"mac": self._mac(row), "updated_at": at}
        before = (drafts.c.id == draft.id) & (drafts.c.owner == draft.owner) & (drafts.c.version == draft.version - 1)
        begun = insert(drafts).values(**said).on_conflict_do_nothing().returning(drafts.c.id)
        statement = begun if new else update(drafts).where(before).values(**said).returning(drafts.c.id)
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def owned(self, caller: Caller, after: UUID | None, limit: int) -> Sequence[Draft]:
        """Return up to `limit` of the caller's drafts in his jurisdictions, by id; raises SealBroken as `find` does."""
        own = drafts.c.owner == owner_of(caller)
        here = within(drafts.c.content["jurisdiction"].astext, caller)
        query = select(drafts).where(own, here).order_by(drafts.c.id).limit(limit)
        if after is not None:
            query = query.where(drafts.c.id > after)
        async with self._engine.connect() as connection:
            return [self._draft(row) for row in (await connection.execute(query)).mappings()]

    async def remove(self, draft_id: UUID, owner: str, version: int | None = None) -> bool:
        """Forget the draft, with `version` only in that version; False when there is none."""
        statement = delete(drafts).where(drafts.c.id == draft_id, drafts.c.owner == owner).returning(drafts.c.id)
        if version is not None:
            statement = statement.where(drafts.c.version == version)
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    def _draft(self, row: RowMapping) -> Draft:
        with suppress(NotCanonical):
            if compare_digest(self._mac(dict(row)), row["mac"]):
                content = DraftContent.model_validate(row["content"])
                return Draft(row["id"], row["owner"], row["matter"], row["version"], content)
        logger.error("the draft %s is not what was put there: its MAC does not fit", row["id"])
        raise SealBroken(f"draft {row['id']}")

    def _mac(self, row: Mapping[str, Any]) -> bytes:
        """Return HMAC-SHA256 over all that a draft is; raises NotCanonical for what was never put."""
        said = {"owner": row["owner"], "version": row["version"], "content": row["content"]}
        ids = {"id": str(row["id"]), "matter": str(row["matter"])}
        return digest(self._key, canonical_bytes(said | ids), "sha256")
