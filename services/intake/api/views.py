"""What intake answers; every member of a resource is set by an event of the same name (GET /intake/v1/event-types)."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.kernel.instants import Instant
from shared.web.details import Text, View


class PartyView(View):
    """当事人."""

    kind: str
    jurisdiction: str
    name: Text | None = None
    contact: Text | None = None


class DraftView(BaseModel):
    """草稿, in clear for its writer."""

    id: UUID
    href: str
    version: int
    matter: UUID
    kind: str
    jurisdiction: str
    applicant_kind: str | None
    applicant: UUID | None
    found_by: Text | None
    found_on: date | None
    concerned: UUID
    situations: tuple[str, ...]
    act_on: date
    statement: Text
    other_situation: Text | None


class DraftRow(BaseModel):
    """One line of the list of one's own drafts."""

    id: UUID
    href: str
    version: int
    kind: str


class CaseLink(BaseModel):
    """The case in adjudication: its id is known when the submission is accepted, `open` when it has begun there."""

    id: UUID
    href: str
    state: Literal["pending", "open"]


class SubmissionView(View):
    """提交. A member is absent until the event that sets it has happened; `case` is null before the acceptance."""

    case: CaseLink | None
    matter: UUID
    kind: str
    applicant_kind: str | None
    applicant: UUID | None
    found_by: Text | None
    concerned: UUID
    jurisdiction: str
    rules_version: str
    situations: tuple[str, ...]
    act_on: date
    found_on: date | None
    statement: Text
    other_situation: Text | None
    missing: Text | None = None
    case_id: UUID | None = None
    case_state: Literal["open"] | None = None
    reason: Text | None = None
    office: str | None = None
    persons: tuple[str, ...] = ()


class SubmissionRow(BaseModel):
    """One line of the list of submissions."""

    id: UUID
    href: str
    matter: UUID
    jurisdiction: str
    kind: str
    act_on: date
    state: str
    case_id: UUID | None
    submitted_at: Instant


class WithdrawalView(View):
    """收回访问权限: whose access, by the name that events have."""

    issuer: str
    subject: str
    reason: str


class WithdrawalRow(BaseModel):
    """One line of the list of withdrawals."""

    id: UUID
    href: str
    issuer: str
    subject: str
    state: str
    withdrawn_at: Instant
