"""The auditors' feed as it happens: server-sent events, each with the stored bytes, from the last one that came over.

A stream is bounded: in number, in time, and by its caller's credential. An EventSource connects again by itself and
says with Last-Event-ID where it stands, so an end costs nothing.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.kernel.recorded import Recorded
from shared.web.authentication import permitted
from shared.web.credentials import caller_of
from shared.web.feed import MAX_POSITION, feed_item
from shared.web.problems import Problem
from shared.web.resources import resources
from shared.web.routes import router

LOOK_S = 1.0
KEEP_ALIVE_S = 15.0
MOST = 32
"""Streams that one process serves at a time."""
MOST_OF_ONE = 2
"""Streams that one caller has of them: one, and that which he opens before the end of it is noticed."""
RETRY_MS = 3000
_PAGE = 100
_ID = re.compile(r"[0-9]{1,19}")
_open: list[tuple[str, str]] = []
"""Issuer and subject of the listener of each stream that is open."""

stream = router("审计 Audit")


@stream.get(
    "/events/stream",
    summary="审计事件流",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "id: position; event: type; data: an item of the feed.",
            "content": {EventSourceResponse.media_type: {"schema": {"type": "string"}}},
        }
    },
)
async def stream_events(
    request: Request,
    access: Annotated[Access, permitted("list_events")],
    after: Annotated[int, Query(ge=0, le=MAX_POSITION, description="Position that you have.")] = 0,
    last_event_id: Annotated[str | None, Header(description="The same, as an EventSource says it; it wins.")] = None,
) -> EventSourceResponse:
    """Stream the events after a position, and those that follow, until the token or the stream's time is over."""
    if last_event_id is not None:
        after = _position(last_event_id)
    request.scope["state"]["told"] += request.app.state.event_notices
    head = await resources(request).log.head()
    if after > head:
        raise Problem("position-beyond-head", head=head)
    if _full(_listener(access.caller)):
        raise Problem("rate-limited", headers={"Retry-After": str(int(KEEP_ALIVE_S))})
    return EventSourceResponse(_events(request, access.caller, after))


def _listener(caller: Caller) -> tuple[str, str]:
    return caller.issuer, caller.subject


def _full(listener: tuple[str, str]) -> bool:
    return len(_open) >= MOST or _open.count(listener) >= MOST_OF_ONE


def _position(text: str) -> int:
    if not _ID.fullmatch(text) or int(text) > MAX_POSITION:
        raise Problem("header-invalid")
    return int(text)


async def _events(request: Request, caller: Caller, after: int) -> AsyncGenerator[bytes]:
    """Yield the events behind `after` as long as the stream may live; not at all when others have begun meanwhile."""
    held, listener, now = resources(request), _listener(caller), asyncio.get_running_loop().time
    ends, told = now() + held.stream_s, now()
    if _full(listener):
        return
    _open.append(listener)
    try:
        yield format_sse_event(retry=RETRY_MS)
        while now() < ends and not _leaving(request) and await _still_admitted(request, caller):
            page = await held.log.read_page(after=after, limit=_PAGE)
            if page:
                # One write a page: whoever left is noticed between two writes only.
                yield b"".join(map(_message, page))
                after, told = page[-1].position, now()
                continue
            if now() - told >= KEEP_ALIVE_S:
                told = now()
                yield KEEPALIVE_COMMENT
            await asyncio.sleep(LOOK_S)
    finally:
        _open.remove(listener)


def _leaving(request: Request) -> bool:
    """Tell whether this process was told to stop: the listener goes on at another one from where he is."""
    leaving = request.scope.get("state", {}).get("leaving")
    return leaving is not None and leaving()


def _message(event: Recorded) -> bytes:
    return format_sse_event(event=event.type, data_str=feed_item(event).model_dump_json(), id=str(event.position))


async def _still_admitted(request: Request, caller: Caller) -> bool:
    """Tell whether the token still holds; a signature was good for one request, but not for who has no access now."""
    if "authorization" not in request.headers:
        standing = resources(request).standing
        return standing is None or not await standing.is_withdrawn(caller)
    try:
        await caller_of(request)
    except Problem:
        return False
    return True
