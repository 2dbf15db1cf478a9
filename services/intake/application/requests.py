"""What clients send to intake: names and free text are clear here and nowhere further in.

Members are named as the command's fields are, so that the pointer of a refusal fits the request.
"""

from typing import Annotated, Literal, get_args

from pydantic import Field, StrictBool

from services.intake.domain.report.identity import IdentityField
from shared.web.text import Body, ClientId, Code, Day, Id, LongText, Organisation, Person, ShortText

Jurisdiction = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="GB/T 2260 六位代码")]
Situations = Annotated[tuple[Code, ...], Field(min_length=1, max_length=20, description="规则册中的情形代码")]


class PartyRegistration(Body):
    """登记当事人; the id is the client's own (UUIDv7)."""

    party_id: ClientId
    kind: Literal["person", "unit"]
    jurisdiction: Jurisdiction
    name: ShortText
    contact: ShortText | None = None


class Draft(Body):
    """草稿: a finding 监督检查发现 or an application 申请, complete only when it is submitted."""

    kind: Literal["finding", "application"]
    jurisdiction: Jurisdiction
    applicant_kind: Literal["person", "unit"] | None = None
    applicant: Id | None = None
    found_by: ShortText | None = None
    found_on: Day | None = None
    concerned: Id
    situations: Situations
    act_on: Day
    statement: LongText
    other_situation: LongText | None = None


class Submitting(Body):
    """提交草稿: the submission gets the draft's id."""

    submission_id: ClientId


class Return(Body):
    """退回补正."""

    missing: LongText


class Supplement(Body):
    """补正后重新提交."""

    statement: LongText
    situations: Situations
    other_situation: LongText | None = None


class Acceptance(Body):
    """受理."""


class AccessWithdrawal(Body):
    """收回访问权限; issuer and subject as events and access records name the person. The reason is a code."""

    issuer: Annotated[str, Field(min_length=1, max_length=512)]
    subject: Person
    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["left-office"])]


class Withdrawal(Body):
    """撤回."""

    reason: LongText | None = None


IDENTITY_FIELDS: tuple[IdentityField, ...] = get_args(IdentityField)


class ReporterIdentity(Body):
    """实名检举控告人; a name at least."""

    name: ShortText
    unit: ShortText | None = None
    address: ShortText | None = None
    phone: ShortText | None = None
    email: ShortText | None = None
    id_number: ShortText | None = None


class ReportReceipt(Body):
    """接收检举控告; the id is the client's own (UUIDv7).

    `managed_by` is the organ that manages the cadre reported. If it stands above `jurisdiction`, or the cadre is the
    head of the organ itself, nothing is kept but a record that the report was sent up. An anonymous report has no
    `reporter`.
    """

    report_id: ClientId
    jurisdiction: Jurisdiction
    channel: Literal["letter", "visit", "phone", "online", "other"]
    managed_by: Jurisdiction
    head_of_organ: StrictBool = False
    received_on: Day
    concerned: Id | None = None
    person_described: LongText | None = None
    content: LongText
    reporter: ReporterIdentity | None = None


class ReportAssignment(Body):
    """转交承办部门; `office` is its organisation as tokens name it."""

    office: Organisation


class Recusal(Body):
    """回避: of the caller himself, or, ordered by a leader, of `person`; of a report a head orders it."""

    person: Person | None = None
    ground: Code


class UnmaskingRequest(Body):
    """申请查阅身份; the id is the client's own (UUIDv7)."""

    unmasking_id: ClientId
    report_id: Id
    fields: Annotated[tuple[IdentityField, ...], Field(min_length=1, max_length=6)]
    reason: LongText


class UnmaskingApproval(Body):
    """批准查阅身份; `digest` is that of the request as it was read."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
