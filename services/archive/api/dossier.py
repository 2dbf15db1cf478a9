"""Routes of dossiers 卷宗: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.archive.api.views import DossierRow, DossierView
from services.archive.application import requests
from services.archive.application.service import Archive
from services.archive.projections import dossier_list
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

routes = router("卷宗 Dossiers")
Service = Annotated[Archive, provided(Archive)]
Archiving = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@listed(routes, "/dossiers", summary="卷宗列表")
async def list_dossiers(access: Reader, service: Service, read: Paged, state: Code | None = None) -> Page[DossierRow]:
    """List the dossiers of the caller's jurisdictions."""
    await service.freshness.reach(read.read_after, dossier_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        dossier_list.MODEL,
        dossier_list.dossiers,
        read,
        access,
        dossier_list.facts,
        service.dossiers.clock,
        shown=DossierRow,
        equal={"state": state},
    )
    items = [DossierRow(**row, href=service.dossiers.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.get("/dossiers/{case_id}", response_model=DossierView, response_model_exclude_unset=True, summary="卷宗")
async def read_dossier(case_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read the dossier of a case."""
    return await detail(service.dossiers.desk, service.dossiers.edge, access, case_id, read)


@routes.get("/dossiers/{case_id}/history", summary="卷宗全部经过")
async def read_dossier_history(case_id: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the dossier: type, actor, time, hash."""
    return await history(service.dossiers.desk, access, case_id, read)


@routes.post("/dossiers/{case_id}/volume", response_model=CommandResult, summary="案结卷成")
async def complete_volume(case_id: UUID, body: requests.Volume, call: Archiving, service: Service) -> CommandAnswer:
    """Complete the volume."""
    return await service.dossiers.complete_volume(call, case_id, body)
