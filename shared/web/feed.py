"""The auditors' feed: every event of the service exactly as stored, so that anybody can fold it with other code."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shared.authz.access import Access
from shared.eventstore.log import EventLog
from shared.kernel.instants import Instant
from shared.kernel.recorded import Recorded
from shared.web.authentication import permitted
from shared.web.problems import Problem
from shared.web.resources import resources
from shared.web.routes import router

NDJSON = "application/x-ndjson"
MAX_POSITION = 2**63 - 1

feed = router("审计 Audit")


class FeedItem(BaseModel):
    """One event. `payload` and `metadata` are the stored canonical JSON texts, over which `hash` is taken."""

    log: str
    position: int
    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    recorded_at: Instant
    payload: str
    metadata: str
    hash: str


class FeedPage(BaseModel):
    """Events in the order of the log; go on with `after=next_after` until it equals `head`."""

    items: list[FeedItem]
    next_after: int
    head: int


@feed.get("/events", summary="审计数据流", response_model=FeedPage, responses={200: {"content": {NDJSON: {}}}})
async def list_events(
    request: Request,
    _access: Annotated[Access, permitted()],
    after: Annotated[int, Query(ge=0, le=MAX_POSITION, description="Position that you have.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Events per page; NDJSON without it: all.")] = 200,
) -> FeedPage | StreamingResponse:
    """Return the events after a position; with `Accept: application/x-ndjson` the whole rest, one event a line."""
    log = resources(request).log
    request.scope["state"]["told"] += request.app.state.event_notices
    head = await log.head()
    if after > head:
        raise Problem("position-beyond-head", head=head)
    if NDJSON in request.headers.get("accept", ""):
        last = min(head, after + limit) if "limit" in request.query_params else head
        return StreamingResponse(_lines(log, after, last), media_type=NDJSON)
    items = [feed_item(event) for event in await log.read_page(after=after, limit=limit)]
    next_after = items[-1].position if items else after
    return FeedPage(items=items, next_after=next_after, head=max(head, next_after))


async def _lines(log: EventLog, after: int, head: int) -> AsyncIterator[bytes]:
    """Yield what stands at the beginning of the answer, in bounded pages."""
    async for page in log.replay(after=after, until=head):
        for event in page:
            yield feed_item(event).model_dump_json().encode() + b"\n"


def feed_item(event: Recorded) -> FeedItem:
    """Return an event as the feeds show it: its stored texts, unchanged, and its hash."""
    return FeedItem(
        log=event.log,
        position=event.position,
        stream=event.stream,
        version=event.version,
        event_id=event.event_id,
        type=event.type,
        schema_version=event.schema_version,
        recorded_at=event.recorded_at,
        payload=event.payload.decode(),
        metadata=event.metadata.decode(),
        hash=event.hash,
    )
