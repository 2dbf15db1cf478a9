"""Routes of parties 当事人: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.intake.api.views import PartyView
from services.intake.application import requests
from services.intake.application.service import Intake
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

routes = router("当事人 Parties")
Service = Annotated[Intake, provided(Intake)]
Registering = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@routes.post("/parties", status_code=201, response_model=CommandResult, summary="登记当事人")
async def register_party(body: requests.PartyRegistration, call: Registering, service: Service) -> CommandAnswer:
    """Enter a person or a unit under an id of the client's own; name and contact are sealed."""
    return await service.parties.register(call, body)


@routes.get("/parties/{party_id}", response_model=PartyView, response_model_exclude_unset=True, summary="当事人")
async def read_party(party_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read a party; auditors get its texts closed."""
    return await detail(service.parties.desk, service.parties.edge, access, party_id, read)


@routes.get("/parties/{party_id}/history", summary="当事人登记经过")
async def read_party_history(party_id: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the party: type, actor, time, hash."""
    return await history(service.parties.desk, access, party_id, read)
