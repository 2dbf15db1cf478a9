"""Routes of legal holds 保全: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.archive.api.views import LegalHoldView
from services.archive.application import requests
from services.archive.application.service import Archive
from shared.authz.access import Access
from shared.kernel.representation import Document
from shared.web.authentication import permitted
from shared.web.commands import Call, commanded
from shared.web.desk import CommandAnswer, CommandResult
from shared.web.details import detail
from shared.web.history import Historic, HistoryItem, history
from shared.web.pages import Page
from shared.web.reads import Detail
from shared.web.resources import provided
from shared.web.routes import router

routes = router("保全 Legal holds")
Service = Annotated[Archive, provided(Archive)]
Holding = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@routes.post("/legal-holds", response_model=CommandResult, status_code=201, summary="保全")
async def place_legal_hold(body: requests.HoldPlacement, call: Holding, service: Service) -> CommandAnswer:
    """Forbid that anything be erased from the matter of a dossier; the hold has the id of the matter."""
    return await service.legal_holds.place(call, body)


@routes.get(
    "/legal-holds/{matter}", response_model=LegalHoldView, response_model_exclude_unset=True, summary="事项保全"
)
async def read_legal_hold(matter: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read whether a matter is held, and which erasures were refused or let pass."""
    return await detail(service.legal_holds.desk, service.legal_holds.edge, access, matter, read)


@routes.get("/legal-holds/{matter}/history", summary="保全全部经过")
async def read_legal_hold_history(matter: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the holds on a matter: type, actor, time, hash."""
    return await history(service.legal_holds.desk, access, matter, read)


@routes.post("/legal-holds/{matter}/release", response_model=CommandResult, summary="解除保全")
async def release_legal_hold(matter: UUID, call: Holding, service: Service) -> CommandAnswer:
    """Release the hold on a matter, as another person than who placed it."""
    return await service.legal_holds.release(call, matter)
