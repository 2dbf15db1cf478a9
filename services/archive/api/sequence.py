"""The common order of all four logs, as archive took them in, for auditors."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from services.archive.application.service import Archive
from shared.authz.access import Access
from shared.web.authentication import permitted
from shared.web.feed import FeedItem, feed_item
from shared.web.problems import Problem
from shared.web.resources import provided
from shared.web.routes import router

routes = router("审计 Audit")


class SequencedItem(FeedItem):
    """An event of any log with its index in the common order, counted from 0."""

    index: int


class SequencePage(BaseModel):
    """Events in the common order; go on with `start=next_start` until it is `length`."""

    items: list[SequencedItem]
    next_start: int
    length: int


@routes.get("/sequence", summary="四个日志的统一顺序")
async def list_sequence(
    _access: Annotated[Access, permitted()],
    service: Annotated[Archive, provided(Archive)],
    start: Annotated[int, Query(ge=0, le=2**62, description="Index to begin with, counted from 0.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> SequencePage:
    """Return the events of all logs in the one order in which archive took them in, with the bytes of their own log."""
    length = await service.length()
    if start > length:
        raise Problem("position-beyond-head", head=length)
    found = await service.sequenced(start, limit)
    items = [SequencedItem(index=index, **feed_item(event).model_dump()) for index, event in found]
    return SequencePage(items=items, next_start=start + len(items), length=max(length, start + len(items)))
