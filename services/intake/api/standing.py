"""Routes of standing 访问资格: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.intake.api.views import WithdrawalRow, WithdrawalView
from services.intake.application import requests
from services.intake.application.service import Intake
from services.intake.projections import withdrawal_list
from shared.authz.access import Access
from shared.kernel.representation import Document
from shared.web import listing
from shared.web.authentication import permitted
from shared.web.commands import Call, commanded
from shared.web.desk import CommandAnswer, CommandResult
from shared.web.details import detail
from shared.web.listed import listed
from shared.web.pages import Page, Paged
from shared.web.reads import Detail
from shared.web.resources import provided
from shared.web.routes import router
from shared.web.text import Code

routes = router("访问资格 Standing")
Service = Annotated[Intake, provided(Intake)]
Commanding = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@routes.post("/withdrawals", status_code=201, response_model=CommandResult, summary="收回访问权限")
async def withdraw_access(body: requests.AccessWithdrawal, call: Commanding, service: Service) -> CommandAnswer:
    """Admit nobody of this name any more, from the next request on and in every service, whatever his token says."""
    return await service.standings.withdraw(call, body)


@listed(routes, "/withdrawals", summary="收回访问权限列表")
async def list_withdrawals(
    access: Reader, service: Service, read: Paged, state: Code | None = None
) -> Page[WithdrawalRow]:
    """List whose access was withdrawn; `state=withdrawn` are those in force."""
    await service.freshness.reach(read.read_after, withdrawal_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        withdrawal_list.MODEL,
        withdrawal_list.withdrawals,
        read,
        access,
        withdrawal_list.facts,
        service.standings.clock,
        shown=WithdrawalRow,
        equal={"state": state},
    )
    items = [WithdrawalRow(**row, href=service.standings.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.get("/withdrawals/{withdrawal_id}", response_model=WithdrawalView, summary="收回访问权限详情")
async def read_withdrawal(withdrawal_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read whose access was withdrawn, and why."""
    return await detail(service.standings.desk, service.standings.edge, access, withdrawal_id, read)


@routes.post("/withdrawals/{withdrawal_id}/end", response_model=CommandResult, summary="恢复访问权限")
async def end_withdrawal(withdrawal_id: UUID, call: Commanding, service: Service) -> CommandAnswer:
    """End one withdrawal; others of the same person stand."""
    return await service.standings.end(call, withdrawal_id)
