"""What adjudication answers; every member is set by an event of the same name (GET /adjudication/v1/event-types)."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from shared.kernel.instants import Instant
from shared.web.details import Text, View


class RecordView(BaseModel):
    """一项调查核实活动."""

    record_id: UUID
    kind: str
    on: date
    officers: tuple[str, ...]
    note: Text
    signed_by_interviewed: bool | None
    clerk: str | None = None


class DefenceView(BaseModel):
    """一次申辩."""

    on: date
    statement: Text | None
    waiver_signed: bool
    heard_by: tuple[str, ...]
    clerk: str | None = None


class RecognitionView(BaseModel):
    """一项其他情形的认定."""

    situation: str
    reasons: Text
    recognised_by: tuple[str, ...]
    on: date
    clerk: str | None = None


class GrantView(BaseModel):
    """一项阅卷授权."""

    grant_id: UUID
    person: str
    role: str
    begins_at: Instant
    ends_at: Instant


class EndView(BaseModel):
    """一项提前终止的授权."""

    grant_id: UUID
    ended_at: Instant


class RecusalView(BaseModel):
    """一项回避."""

    person: str
    ground: str
    by: str


class ToleranceCaseView(View):
    """容错案件. A member is absent until the event that sets it has happened, and for who may not see its class."""

    matter: UUID
    submission_id: UUID
    jurisdiction: str
    rules_version: str
    source: str
    concerned: UUID | None = None
    applicant: UUID | None = None
    notify: UUID | None = None
    situations: tuple[str, ...]
    act_on: date
    officers: tuple[str, ...] = ()
    opened_on: date | None = None
    investigation_records: tuple[RecordView, ...] = ()
    defences: tuple[DefenceView, ...] = ()
    reported_on: date | None = None
    facts: Text | None = None
    eligibility: Text | None = None
    conditions: dict[str, Any] | None = None
    exclusions: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    recognitions: tuple[RecognitionView, ...] = ()
    outcome: str | None = None
    grounds: tuple[str, ...] = ()
    concluded_on: date | None = None
    reasons: Text | None = None
    departure_reasons: Text | None = None
    decided_by: tuple[str, ...] = ()
    legality_confirmed: bool | None = None
    protections: tuple[str, ...] = ()
    fed_back_on: date | None = None
    explained: bool | None = None
    office: str | None = None
    persons: tuple[str, ...] = ()
    access_grants: tuple[GrantView, ...] = ()
    access_ends: tuple[EndView, ...] = ()
    recusals: tuple[RecusalView, ...] = ()


class ToleranceCaseRow(BaseModel):
    """One line of the list of cases."""

    id: UUID
    href: str
    matter: UUID
    jurisdiction: str
    source: str
    state: str
    outcome: str | None
    initiated_at: Instant
