"""Routes of reports 检举控告: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.intake.api.views import ReportRow, ReportView
from services.intake.application import requests
from services.intake.application.service import Intake
from services.intake.projections import report_list
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

routes = router("检举控告 Reports")
Service = Annotated[Intake, provided(Intake)]
Commanding = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@routes.post("/reports", status_code=201, response_model=CommandResult, summary="接收检举控告")
async def receive_report(body: requests.ReportReceipt, call: Commanding, service: Service) -> CommandAnswer:
    """Keep a report, closed; of one that has to go up nothing is kept but a record, and its state is `transferred`."""
    return await service.reports.receive(call, body)


@listed(routes, "/reports", summary="检举控告列表")
async def list_reports(access: Reader, service: Service, read: Paged, state: Code | None = None) -> Page[ReportRow]:
    """List the reports of the caller's jurisdictions; an office sees those that it was given."""
    await service.freshness.reach(read.read_after, report_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        report_list.MODEL,
        report_list.reports,
        read,
        access,
        report_list.facts,
        service.reports.clock,
        shown=ReportRow,
        equal={"state": state},
    )
    items = [ReportRow(**row, href=service.reports.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.get(
    "/reports/{report_id}", response_model=ReportView, response_model_exclude_unset=True, summary="检举控告详情"
)
async def read_report(report_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read a report; who reported is masked for everybody but the petition office."""
    return await detail(service.reports.desk, service.reports.edge, access, report_id, read)


@routes.get("/reports/{report_id}/history", summary="检举控告全部经过")
async def read_report_history(report_id: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the report: type, actor, time, hash."""
    return await history(service.reports.desk, access, report_id, read)


@routes.post("/reports/{report_id}/assignment", response_model=CommandResult, summary="转交承办部门")
async def assign_report(
    report_id: UUID, body: requests.ReportAssignment, call: Commanding, service: Service
) -> CommandAnswer:
    """Give the report to the office that handles it."""
    return await service.reports.assign(call, report_id, body)


@routes.post("/reports/{report_id}/recusals", response_model=CommandResult, summary="登记检举控告回避")
async def record_report_recusal(
    report_id: UUID, body: requests.Recusal, call: Commanding, service: Service
) -> CommandAnswer:
    """Record that oneself, or by order of the head somebody else, is recused from the report and its unmaskings."""
    return await service.reports.record_recusal(call, report_id, body)
