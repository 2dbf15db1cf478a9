"""Routes of tolerance cases 容错案件: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.adjudication.api.views import ToleranceCaseRow, ToleranceCaseView
from services.adjudication.application import requests
from services.adjudication.application.service import Adjudication
from services.adjudication.projections import case_list
from shared.authz.access import Access
from shared.authz.data_classes import DataClass
from shared.kernel.representation import Document
from shared.web import listing
from shared.web.authentication import permitted
from shared.web.commands import Call, commanded
from shared.web.desk import CommandAnswer, CommandResult
from shared.web.details import detail
from shared.web.disclosure import Disclosure, StreamVersion, disclose
from shared.web.history import Historic, HistoryItem, history
from shared.web.listed import listed
from shared.web.pages import Page, Paged
from shared.web.reads import Detail
from shared.web.resources import provided
from shared.web.routes import router
from shared.web.text import Code

routes = router("容错案件 Tolerance cases")
Service = Annotated[Adjudication, provided(Adjudication)]
Commanding = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@listed(routes, "/tolerance-cases", summary="案件列表")
async def list_cases(
    access: Reader, service: Service, read: Paged, state: Code | None = None
) -> Page[ToleranceCaseRow]:
    """List the cases of the caller's jurisdictions; a party sees its own."""
    await service.freshness.reach(read.read_after, case_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        case_list.MODEL,
        case_list.cases,
        read,
        access,
        case_list.facts,
        service.cases.clock,
        shown=ToleranceCaseRow,
        classes={"outcome": DataClass.CONCLUSION},
        equal={"state": state},
    )
    items = [ToleranceCaseRow(**row, href=service.cases.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.get(
    "/tolerance-cases/{case_id}",
    response_model=ToleranceCaseView,
    response_model_exclude_unset=True,
    summary="案件详情",
)
async def read_case(case_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read a case as it stands, or as it stood."""
    return await detail(service.cases.desk, service.cases.edge, access, case_id, read)


@routes.get("/tolerance-cases/{case_id}/history", summary="案件全部经过")
async def read_case_history(case_id: UUID, access: Reader, service: Service, read: Historic) -> Page[HistoryItem]:
    """Every event of the case: type, actor, time, hash."""
    return await history(service.cases.desk, access, case_id, read)


@routes.get("/tolerance-cases/{case_id}/disclosures/{version}/{field}", summary="披露一项内容")
async def disclose_case(
    case_id: UUID, version: StreamVersion, field: Code, access: Reader, service: Service
) -> Disclosure:
    """One sealed text of the case with what proves it, for a court."""
    return await disclose(service.cases.desk, service.cases.edge, access, case_id, version, field)


@routes.post("/tolerance-cases/{case_id}/investigation", response_model=CommandResult, summary="开展调查核实")
async def open_investigation(
    case_id: UUID, body: requests.Investigation, call: Commanding, service: Service
) -> CommandAnswer:
    """Open the investigation, by two officers or more."""
    return await service.cases.open_investigation(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/investigation-records", response_model=CommandResult, summary="记录调查核实")
async def record_investigation(
    case_id: UUID, body: requests.Record, call: Commanding, service: Service
) -> CommandAnswer:
    """Keep the record of one activity."""
    return await service.cases.record_investigation(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/defence", response_model=CommandResult, summary="听取申辩")
async def hear_defence(case_id: UUID, body: requests.Defence, call: Commanding, service: Service) -> CommandAnswer:
    """Record the defence, or its signed waiver."""
    return await service.cases.hear_defence(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/report", response_model=CommandResult, summary="提交调查报告")
async def file_report(case_id: UUID, body: requests.Report, call: Commanding, service: Service) -> CommandAnswer:
    """File the report on facts and eligibility."""
    return await service.cases.file_report(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/situation-recognitions", response_model=CommandResult, summary="认定其他情形")
async def recognise_situation(
    case_id: UUID, body: requests.Recognition, call: Commanding, service: Service
) -> CommandAnswer:
    """Recognise the open class X for this case, with reasons."""
    return await service.cases.recognise_situation(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/conclusion", response_model=CommandResult, summary="作出认定")
async def conclude(case_id: UUID, body: requests.Conclusion, call: Commanding, service: Service) -> CommandAnswer:
    """Conclude collectively: 容错免责, 容错减责 or 不予容错."""
    return await service.cases.conclude(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/feedback", response_model=CommandResult, summary="反馈")
async def give_feedback(case_id: UUID, body: requests.Feedback, call: Commanding, service: Service) -> CommandAnswer:
    """Tell the party the outcome; the notice follows."""
    return await service.cases.give_feedback(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/assignment", response_model=CommandResult, summary="确定承办部门")
async def assign_office(case_id: UUID, body: requests.Assignment, call: Commanding, service: Service) -> CommandAnswer:
    """Give the case to an office; whoever had it before loses sight of it at once."""
    return await service.cases.assign_office(call, case_id, body)


@routes.post("/tolerance-cases/{case_id}/access-grants", response_model=CommandResult, summary="阅卷授权")
async def grant_access(case_id: UUID, body: requests.Grant, call: Commanding, service: Service) -> CommandAnswer:
    """Let a committee member, an expert, a trial officer, a reviewer or the organisation department in, for a time."""
    return await service.cases.grant_access(call, case_id, body)


@routes.post(
    "/tolerance-cases/{case_id}/access-grants/{grant_id}/end", response_model=CommandResult, summary="终止阅卷授权"
)
async def end_access(
    case_id: UUID, grant_id: UUID, _body: requests.AccessEnd, call: Commanding, service: Service
) -> CommandAnswer:
    """End a grant before its time."""
    return await service.cases.end_access(call, case_id, grant_id)


@routes.post("/tolerance-cases/{case_id}/recusals", response_model=CommandResult, summary="登记回避")
async def record_recusal(case_id: UUID, body: requests.Recusal, call: Commanding, service: Service) -> CommandAnswer:
    """Record that oneself, or by a leader's order somebody else, is recused from the case."""
    return await service.cases.record_recusal(call, case_id, body)
