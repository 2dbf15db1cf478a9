"""Routes of notices 通知: HTTP in, use case, HTTP out."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Request

from services.notification.api.views import InboxItem, NoticeView
from services.notification.application import requests
from services.notification.application.service import Notification
from services.notification.application.templates import words
from services.notification.projections import inbox
from shared.authz.access import Access
from shared.kernel.instants import instant_text
from shared.kernel.representation import Document
from shared.web import listing
from shared.web.authentication import permitted
from shared.web.commands import Call, commanded
from shared.web.desk import CommandAnswer, CommandResult
from shared.web.details import detail
from shared.web.history import Historic, HistoryItem, history
from shared.web.language import preferred
from shared.web.listed import listed
from shared.web.pages import Page, Paged
from shared.web.reads import Detail
from shared.web.resources import provided
from shared.web.routes import router

routes = router("通知 Notices")
Service = Annotated[Notification, provided(Notification)]
Receiving = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@listed(routes, "/inbox", summary="我的收件箱")
async def read_inbox(access: Reader, service: Service, read: Paged, request: Request) -> Page[InboxItem]:
    """Read one's own notices, the newest first; titles in English by Accept-Language."""
    await service.freshness.reach(read.read_after, inbox.MODEL.name)
    rows = await listing.rows(
        service.engine,
        inbox.MODEL,
        inbox.notices,
        read,
        access,
        inbox.facts,
        service.notices.clock,
        shown=InboxItem,
        newest_by=inbox.notices.c.issued_at,
    )
    location = service.notices.desk.location
    spoken = preferred(request.headers.get("accept-language"))
    items = [InboxItem(**row, **asdict(words(row["template"], spoken)), href=location(row["id"])) for row in rows]
    return read.page(items, lambda item: [instant_text(item.issued_at), str(item.id)])


@routes.get("/notices/{notice_id}", response_model=NoticeView, response_model_exclude_unset=True, summary="通知详情")
async def read_notice(notice_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read a notice."""
    return await detail(service.notices.desk, service.notices.edge, access, notice_id, read)


@routes.get("/notices/{notice_id}/history", summary="通知全部经过")
async def read_notice_history(notice_id: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the notice: type, actor, time, hash."""
    return await history(service.notices.desk, access, notice_id, read)


@routes.post("/notices/{notice_id}/receipt", response_model=CommandResult, summary="签收")
async def acknowledge_notice(
    notice_id: UUID, _body: requests.Receipt, call: Receiving, service: Service
) -> CommandAnswer:
    """Acknowledge a notice addressed to oneself."""
    return await service.notices.acknowledge(call, notice_id)
