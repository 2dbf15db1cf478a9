"""The history of one aggregate: what happened when, by whom, and the hash that the ledger commits to."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from shared.authz.access import Access
from shared.eventstore.store import until
from shared.kernel.decider import S
from shared.kernel.instants import Instant
from shared.kernel.metadata import Actor
from shared.web.desk import CommandDesk
from shared.web.event_sight import Told
from shared.web.pages import Page, PagedDirect, PageRead
from shared.web.problems import Problem
from shared.web.reads import Dated, Moment


class HistoryActor(BaseModel):
    """Who acted, by a pseudonym; empty throughout where the caller may not know it."""

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


@dataclass(frozen=True)
class HistoryRead:
    """Which page of a history is asked for, and up to which moment."""

    page: PageRead
    moment: Moment


async def _history_read(page: PagedDirect, moment: Dated) -> HistoryRead:
    return HistoryRead(page, moment)


Historic = Annotated[HistoryRead, Depends(_history_read)]
"""The parameter of a route that reads a history: `read: Historic`."""


async def history(desk: CommandDesk[S], access: Access, aggregate_id: UUID, read: HistoryRead) -> Page[HistoryItem]:
    """Return a page of the events up to the moment that the caller may know of, oldest first.

    Raises Problem `not-found` when the caller may not see it, and when there was nothing at the moment.
    """
    folded = await desk.look(access, aggregate_id)
    page, last = read.page, folded.version
    stored = (await desk.store.log.read_stream(desk.decider.stream(aggregate_id)))[:last]
    if read.moment.as_of is not None:
        last = len(until(stored, read.moment.as_of))
    if not 0 < (read.moment.at_version or last) <= last:
        raise Problem("not-found")
    after, last = int(page.after[0]) if page.after else 0, read.moment.at_version or last
    told = desk.sight(access, access.action, folded.state).told(stored)
    items = [_item(desk, each) for each in told if after < each.event.version <= last]
    return page.page(items, lambda item: [item.version])


def _item(desk: CommandDesk[S], told: Told) -> HistoryItem:
    event, known = told.event, desk.decider.codec.types.get(told.event.type)
    return HistoryItem(
        position_token=desk.read_after.token(event.log, event.position),
        version=event.version,
        type=event.type,
        schema_version=event.schema_version,
        leads_to=known.leads_to if known else None,
        occurred_at=told.metadata.occurred_at,
        recorded_at=event.recorded_at,
        actor=_actor(told.actor),
        hash=event.hash,
    )


def _actor(actor: Actor | None) -> HistoryActor:
    if actor is None:
        return HistoryActor(issuer="", id="", roles=())
    return HistoryActor(issuer=actor.issuer, id=actor.id, roles=actor.roles)
