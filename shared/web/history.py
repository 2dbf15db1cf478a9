"""The history of one aggregate: what happened when, by which role, and the hash that the ledger commits to."""

from uuid import UUID

from pydantic import BaseModel

from shared.authz.access import Access
from shared.kernel.decider import S
from shared.kernel.instants import Instant
from shared.kernel.metadata import Metadata
from shared.kernel.recorded import Recorded
from shared.web.desk import CommandDesk
from shared.web.pages import Page, PageRead


class HistoryActor(BaseModel):
    """Who acted, by a pseudonym."""

    issuer: str
    id: str
    roles: tuple[str, ...]


class HistoryItem(BaseModel):
    """One event of the aggregate, without its content."""

    position_token: str
    version: int
    type: str
    schema_version: int
    leads_to: str | None
    occurred_at: Instant
    recorded_at: Instant
    actor: HistoryActor
    hash: str


async def history(desk: CommandDesk[S], access: Access, aggregate_id: UUID, read: PageRead) -> Page[HistoryItem]:
    """Return a page of the events, oldest first; raises Problem `not-found` when the caller may not see it."""
    await desk.look(access, aggregate_id)
    after = int(read.after[0]) if read.after else 0
    stream = desk.decider.stream(aggregate_id)
    events = await desk.store.log.read_stream(stream, after=after, limit=read.limit + 1)
    return read.page([_item(desk, event) for event in events], lambda item: [item.version])


def _item(desk: CommandDesk[S], event: Recorded) -> HistoryItem:
    metadata = Metadata.decode(event.metadata)
    known = desk.decider.codec.types.get(event.type)
    return HistoryItem(
        position_token=desk.read_after.token(event.log, event.position),
        version=event.version,
        type=event.type,
        schema_version=event.schema_version,
        leads_to=known.leads_to if known else None,
        occurred_at=metadata.occurred_at,
        recorded_at=event.recorded_at,
        actor=HistoryActor(**metadata.actor.model_dump(include={"issuer", "id", "roles"})),
        hash=event.hash,
    )
