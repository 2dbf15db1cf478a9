"""What intake answers; every member of a resource is set by an event of the same name (GET /intake/v1/event-types)."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.kernel.instants import Instant
from shared.web.details import Masked, Text, View


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


class RecusalView(BaseModel):
    """一项回避."""

    person: str
    ground: str
    by: str


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
    recusals: tuple[RecusalView, ...] = ()


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


class IdentityView(BaseModel):
    """检举控告人身份; a member that the reporter did not give is null, one that was not asked for is absent."""

    name: Text | None = None
    unit: Text | None = None
    address: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    id_number: Text | None = None


class ReportView(View):
    """检举控告. Of one that was sent up there are `to_organ`, `ground`, `rule` and the day, and nothing else."""

    matter: UUID | None = None
    jurisdiction: str
    channel: str | None = None
    managed_by: str | None = None
    level: str | None = None
    received_on: date
    concerned: UUID | None = None
    person_described: Text | None = None
    content: Text | None = None
    identity: Masked | IdentityView | None = None
    office: str | None = None
    recusals: tuple[RecusalView, ...] = ()
    to_organ: str | None = None
    ground: str | None = None
    rule: str | None = None


class ReportRow(BaseModel):
    """One line of the list of reports; neither who reported nor whom."""

    id: UUID
    href: str
    jurisdiction: str
    channel: str | None
    level: str | None
    received_on: date
    to_organ: str | None
    state: str
    entered_at: Instant


class Approval(BaseModel):
    """One approval, of exactly what `digest` stands for."""

    approver: str
    digest: str
    approved_at: Instant


class Opening(BaseModel):
    """One reading of the identity."""

    opening_id: UUID
    reader: str
    fields: tuple[str, ...]
    opened_at: Instant


class UnmaskingView(View):
    """身份查阅; `digest` is what an approval has to repeat."""

    report_id: UUID
    matter: UUID
    jurisdiction: str
    requester: str
    fields: tuple[str, ...]
    reason: Text
    digest: str
    open_until: Instant | None = None
    approvals: tuple[Approval, ...] = ()
    openings: tuple[Opening, ...] = ()


class UnmaskingRow(BaseModel):
    """One line of the list of unmaskings."""

    id: UUID
    href: str
    report_id: UUID
    jurisdiction: str
    requester: str
    state: str
    open_until: Instant | None
    requested_at: Instant


class OpenedIdentity(BaseModel):
    """What may be read until `open_until`."""

    unmasking_id: UUID
    report_id: UUID
    open_until: Instant
    identity: IdentityView
