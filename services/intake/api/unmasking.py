"""Routes of unmaskings 身份查阅: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.intake.api.views import OpenedIdentity, UnmaskingRow, UnmaskingView
from services.intake.application import requests
from services.intake.application.service import Intake
from services.intake.projections import unmasking_list
from shared.authz.access import Access
from shared.kernel.representation import Document
from shared.web import listing
from shared.web.authentication import permitted
from shared.web.commands import Call, commanded
from shared.web.desk import CommandAnswer, CommandResult
from shared.web.details import detail
from shared.web.history import Historic, HistoryItem, history
from shared.web.listed import listed
from shared.web.pages import Page, Paged
from shared.web.reads import Detail
from shared.web.resources import provided
from shared.web.routes import router
from shared.web.text import Code

routes = router("身份查阅 Unmaskings")
Service = Annotated[Intake, provided(Intake)]
Commanding = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@routes.post("/unmaskings", status_code=201, response_model=CommandResult, summary="申请查阅身份")
async def request_unmasking(body: requests.UnmaskingRequest, call: Commanding, service: Service) -> CommandAnswer:
    """Ask to see members of a reporter's identity, for a written reason."""
    return await service.unmaskings.request(call, body)


@listed(routes, "/unmaskings", summary="身份查阅列表")
async def list_unmaskings(
    access: Reader, service: Service, read: Paged, state: Code | None = None
) -> Page[UnmaskingRow]:
    """List the unmaskings of the caller's jurisdictions; whoever is no leader sees his own."""
    await service.freshness.reach(read.read_after, unmasking_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        unmasking_list.MODEL,
        unmasking_list.unmaskings,
        read,
        access,
        unmasking_list.facts,
        service.unmaskings.clock,
        shown=UnmaskingRow,
        equal={"state": state},
    )
    items = [UnmaskingRow(**row, href=service.unmaskings.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.get(
    "/unmaskings/{unmasking_id}",
    response_model=UnmaskingView,
    response_model_exclude_unset=True,
    summary="身份查阅详情",
)
async def read_unmasking(unmasking_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read what was asked for and why, who approved, and who read when."""
    return await detail(service.unmaskings.desk, service.unmaskings.edge, access, unmasking_id, read)


@routes.get("/unmaskings/{unmasking_id}/history", summary="身份查阅全部经过")
async def read_unmasking_history(
    unmasking_id: UUID, access: Reader, service: Service, read: Historic
) -> Page[HistoryItem]:
    """Every event of the unmasking: type, actor, time, hash."""
    return await history(service.unmaskings.desk, access, unmasking_id, read)


@routes.post("/unmaskings/{unmasking_id}/approval", response_model=CommandResult, summary="批准查阅身份")
async def approve_unmasking(
    unmasking_id: UUID, body: requests.UnmaskingApproval, call: Commanding, service: Service
) -> CommandAnswer:
    """Approve exactly what was asked for; with the second approval it is open to who asked, for one hour."""
    return await service.unmaskings.approve(call, unmasking_id, body)


@routes.get(
    "/unmaskings/{unmasking_id}/identity",
    response_model=OpenedIdentity,
    response_model_exclude_unset=True,
    summary="查阅身份",
)
async def read_reporter_identity(unmasking_id: UUID, access: Reader, service: Service) -> Document:
    """Read the identity within the hour; every reading is an event, before anything is shown."""
    return await service.unmaskings.open(access, unmasking_id)
