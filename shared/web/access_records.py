"""The access records of a service, for the audit administrator: who was shown what, and what a trace id stands for."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import StreamingResponse

from shared.accesslog.finding import AccessLog, Sought
from shared.accesslog.migration import access_log
from shared.accesslog.records import AccessRecord, told
from shared.authz.access import Access
from shared.kernel.instants import Instant
from shared.kernel.metadata import Actor, Metadata, Policy
from shared.kernel.recorded import Recorded
from shared.web.authentication import permitted
from shared.web.feed import NDJSON, FeedItem, feed_item
from shared.web.pages import Page, PagedDirect
from shared.web.resources import resources
from shared.web.routes import router
from shared.web.text import At

access_records = router("审计 Audit")


class AccessRecordItem(FeedItem):
    """One access record: what is read off it, beside the stored texts over which `hash` is taken."""

    occurred_at: Instant
    trace_id: UUID
    who: Actor
    purpose: str | None
    policy: Policy | None
    record: AccessRecord


async def _sought(
    trace_id: Annotated[UUID | None, Query(description="The trace id that a caller quotes.")] = None,
    caller: Annotated[str | None, Query(max_length=255, description="Pseudonym of the caller (`who.id`).")] = None,
    thing: Annotated[UUID | None, Query(description="Id of a case, a party, a notice …")] = None,
    recorded_from: Annotated[At | None, Query(description="Recorded then or later.")] = None,
    recorded_before: Annotated[At | None, Query(description="Recorded earlier.")] = None,
) -> Sought:
    return Sought(trace_id, caller, thing, recorded_from, recorded_before)


@access_records.get(
    "/access-records",
    summary="查阅记录",
    response_model=Page[AccessRecordItem],
    responses={200: {"content": {NDJSON: {}}}},
)
async def list_access_records(
    request: Request,
    _access: Annotated[Access, permitted()],
    sought: Annotated[Sought, Depends(_sought)],
    read: PagedDirect,
) -> Page[AccessRecordItem] | StreamingResponse:
    """Return the access records that match, the newest first; with `Accept: application/x-ndjson` all of them."""
    held = resources(request)
    log = AccessLog(held.log.pool, access_log(held.log.name))
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(log, sought), media_type=NDJSON)
    upto = int(read.after[0]) - 1 if read.after else None
    found = await log.find(sought, upto=upto, limit=read.limit + 1)
    return read.page([_item(recorded) for recorded in found], lambda item: [item.position])


async def _lines(log: AccessLog, sought: Sought) -> AsyncIterator[bytes]:
    async for recorded in log.all(sought):
        yield _item(recorded).model_dump_json().encode() + b"\n"


def _item(recorded: Recorded) -> AccessRecordItem:
    metadata = Metadata.decode(recorded.metadata)
    return AccessRecordItem(
        **feed_item(recorded).model_dump(),
        occurred_at=metadata.occurred_at,
        trace_id=metadata.correlation,
        who=metadata.actor,
        purpose=metadata.purpose,
        policy=metadata.policy,
        record=told(recorded),
    )
