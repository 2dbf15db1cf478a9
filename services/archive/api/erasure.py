"""Routes of erasures 清除: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.archive.api.views import ErasureRow, ErasureView
from services.archive.application import requests
from services.archive.application.service import Archive
from services.archive.projections import erasure_list
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

routes = router("清除 Erasures")
Service = Annotated[Archive, provided(Archive)]
Erasing = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@listed(routes, "/erasures", summary="清除申请列表")
async def list_erasures(access: Reader, service: Service, read: Paged, state: Code | None = None) -> Page[ErasureRow]:
    """List the erasures of the caller's jurisdictions."""
    await service.freshness.reach(read.read_after, erasure_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        erasure_list.MODEL,
        erasure_list.erasures,
        read,
        access,
        erasure_list.facts,
        service.dossiers.clock,
        shown=ErasureRow,
        equal={"state": state},
    )
    items = [ErasureRow(**row, href=service.erasures.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.post("/erasures", response_model=CommandResult, status_code=201, summary="申请清除")
async def request_erasure(body: requests.ErasureRequest, call: Erasing, service: Service) -> CommandAnswer:
    """Ask that a subject be erased from the matter of a dossier."""
    return await service.erasures.request(call, body)


@routes.get("/erasures/{erasure_id}", response_model=ErasureView, response_model_exclude_unset=True, summary="清除申请")
async def read_erasure(erasure_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read an erasure: what was asked, who approved, what was destroyed."""
    return await detail(service.erasures.desk, service.erasures.edge, access, erasure_id, read)


@routes.get("/erasures/{erasure_id}/history", summary="清除全部经过")
async def read_erasure_history(erasure_id: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the erasure: type, actor, time, hash."""
    return await history(service.erasures.desk, access, erasure_id, read)


@routes.post("/erasures/{erasure_id}/approval", response_model=CommandResult, summary="核准清除")
async def approve_erasure(
    erasure_id: UUID, body: requests.ErasureApproval, call: Erasing, service: Service
) -> CommandAnswer:
    """Approve an erasure, as one of two persons of whom neither asked."""
    return await service.erasures.approve(call, erasure_id, body)


@routes.post("/erasures/{erasure_id}/execution", response_model=CommandResult, summary="执行清除")
async def execute_erasure(erasure_id: UUID, call: Erasing, service: Service) -> CommandAnswer:
    """Order an erasure that two persons have approved, for good; only `completed` proves that the keys are gone."""
    return await service.erasures.execute(call, erasure_id)
