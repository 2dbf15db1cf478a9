"""Routes of submissions 提交: HTTP in, use case, HTTP out."""

from typing import Annotated
from uuid import UUID

from services.intake.api.views import SubmissionRow, SubmissionView
from services.intake.application import requests
from services.intake.application.service import Intake
from services.intake.projections import submission_list
from shared.authz.access import Access
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

routes = router("提交 Submissions")
Service = Annotated[Intake, provided(Intake)]
Commanding = Annotated[Call, commanded()]
Reader = Annotated[Access, permitted()]


@routes.post("/submissions", status_code=201, response_model=CommandResult, summary="提交")
async def submit(body: requests.Submitting, call: Commanding, service: Service) -> CommandAnswer:
    """Submit a draft; the submission has its id, and the draft is gone."""
    return await service.submissions.submit(call, body)


@listed(routes, "/submissions", summary="提交列表")
async def list_submissions(
    access: Reader, service: Service, read: Paged, state: Code | None = None
) -> Page[SubmissionRow]:
    """List the submissions of the caller's jurisdictions; an applicant sees its own."""
    await service.freshness.reach(read.read_after, submission_list.MODEL.name)
    rows = await listing.rows(
        service.engine,
        submission_list.MODEL,
        submission_list.submissions,
        read,
        access,
        submission_list.facts,
        service.submissions.clock,
        shown=SubmissionRow,
        equal={"state": state},
    )
    items = [SubmissionRow(**row, href=service.submissions.desk.location(row["id"])) for row in rows]
    return read.page(items, lambda row: [str(row.id)])


@routes.get(
    "/submissions/{submission_id}", response_model=SubmissionView, response_model_exclude_unset=True, summary="提交详情"
)
async def read_submission(submission_id: UUID, access: Reader, service: Service, read: Detail) -> Document:
    """Read a submission, and where its case is."""
    submission = await detail(service.submissions.desk, service.submissions.edge, access, submission_id, read)
    case_id = submission.get("case_id")
    href = f"/adjudication/v1/tolerance-cases/{case_id}"
    case = {"id": case_id, "href": href, "state": submission.get("case_state", "pending")}
    return submission | {"case": case if case_id else None}


@routes.get("/submissions/{submission_id}/disclosures/{version}/{field}", summary="披露一项内容")
async def disclose_submission(
    submission_id: UUID, version: StreamVersion, field: Code, access: Reader, service: Service
) -> Disclosure:
    """One sealed text of the submission with what proves it, for a court."""
    return await disclose(service.submissions.desk, service.submissions.edge, access, submission_id, version, field)


@routes.get("/submissions/{submission_id}/history", summary="提交全部经过")
async def read_submission_history(
    submission_id: UUID, access: Reader, service: Service, read: Historic
) -> Page[HistoryItem]:
    """Every event of the submission: type, actor, time, hash."""
    return await history(service.submissions.desk, access, submission_id, read)


@routes.post("/submissions/{submission_id}/return", response_model=CommandResult, summary="退回补正")
async def return_submission(
    submission_id: UUID, body: requests.Return, call: Commanding, service: Service
) -> CommandAnswer:
    """Return the submission to its author, saying what is missing."""
    return await service.submissions.return_for_supplement(call, submission_id, body)


@routes.post("/submissions/{submission_id}/supplement", response_model=CommandResult, summary="补正后重新提交")
async def supplement_submission(
    submission_id: UUID, body: requests.Supplement, call: Commanding, service: Service
) -> CommandAnswer:
    """Submit again what was returned."""
    return await service.submissions.supplement(call, submission_id, body)


@routes.post("/submissions/{submission_id}/acceptance", response_model=CommandResult, summary="受理")
async def accept_submission(
    submission_id: UUID, _body: requests.Acceptance, call: Commanding, service: Service
) -> CommandAnswer:
    """Accept the submission; the id of its case is known at once, the case opens when the event has arrived."""
    return await service.submissions.accept(call, submission_id)


@routes.post("/submissions/{submission_id}/recusals", response_model=CommandResult, summary="登记提交回避")
async def record_submission_recusal(
    submission_id: UUID, body: requests.Recusal, call: Commanding, service: Service
) -> CommandAnswer:
    """Record, before the acceptance, that oneself, or by a leader's order somebody else, is recused from it."""
    return await service.submissions.record_recusal(call, submission_id, body)


@routes.post("/submissions/{submission_id}/withdrawal", response_model=CommandResult, summary="撤回")
async def withdraw_submission(
    submission_id: UUID, body: requests.Withdrawal, call: Commanding, service: Service
) -> CommandAnswer:
    """Withdraw an application that has not been accepted."""
    return await service.submissions.withdraw(call, submission_id, body)
