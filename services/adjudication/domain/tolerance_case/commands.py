"""What can be asked of a tolerance case. `at` is the clock, `*_on` a day in the world, pointers name these fields.

Officers and deciders are pseudonymous ids, `clerk` is the one of who enters the command; free text is sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.contracts.intake import Recusal
from shared.kernel.sealed import Sealed

Finding = Literal["met", "not_met", "unproven"]


@dataclass(frozen=True, slots=True)
class InitiateCase:
    """启动容错: what intake accepted becomes a case; who was recused until then is recused from it."""

    case_id: UUID
    matter: UUID
    submission_id: UUID
    jurisdiction: str
    rules_version: str
    source: str
    concerned: UUID
    applicant: UUID | None
    notify: UUID
    situations: tuple[str, ...]
    act_on: date
    at: datetime
    recusals: tuple[Recusal, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenInvestigation:
    """开展调查核实, by two officers or more; `clerk` enters it, for the office `office` if he acts for one."""

    case_id: UUID
    officers: tuple[str, ...]
    opened_on: date
    at: datetime
    clerk: str
    office: str | None


@dataclass(frozen=True, slots=True)
class RecordInvestigation:
    """记录调查核实: one activity; `signed_by_interviewed` is for a talk 谈心谈话."""

    case_id: UUID
    record_id: UUID
    kind: str
    on: date
    officers: tuple[str, ...]
    note: Sealed[str]
    signed_by_interviewed: bool | None
    at: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class HearDefence:
    """听取申辩: a statement, or a signed waiver, never both."""

    case_id: UUID
    on: date
    statement: Sealed[str] | None
    waiver_signed: bool
    heard_by: tuple[str, ...]
    at: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """形成调查报告: facts, eligibility, a finding on every condition, and the exclusions found to apply."""

    case_id: UUID
    on: date
    facts: Sealed[str]
    eligibility: Sealed[str]
    situations: tuple[str, ...]
    conditions: Mapping[str, Finding]
    exclusions: tuple[str, ...]
    signed_by: tuple[str, ...]
    at: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class RecogniseSituation:
    """认定其他情形: the deciding body recognises the open class X for this case, with reasons."""

    case_id: UUID
    situation: str
    reasons: Sealed[str]
    recognised_by: tuple[str, ...]
    on: date
    at: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class ConcludeCase:
    """作出认定: collectively; `departure_reasons` say why the general rule is departed from."""

    case_id: UUID
    outcome: str
    grounds: tuple[str, ...]
    reasons: Sealed[str]
    decided_by: tuple[str, ...]
    legality_confirmed: bool
    concluded_on: date
    departure_reasons: Sealed[str] | None
    at: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class GiveFeedback:
    """反馈: tell the party; `explained` says that the reasons were explained."""

    case_id: UUID
    on: date
    explained: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignOffice:
    """确定承办部门: from now on this office has the case, and no other."""

    case_id: UUID
    office: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantAccess:
    """阅卷授权: let a person see the case in one role, until an instant."""

    case_id: UUID
    grant_id: UUID
    person: str
    role: str
    ends_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class EndAccess:
    """终止阅卷授权, before its time."""

    case_id: UUID
    grant_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordRecusal:
    """回避: a person has nothing more to do with the case; `by` says so, of himself or as a leader."""

    case_id: UUID
    person: str
    ground: str
    by: str
    by_leader: bool
    at: datetime


Responsibility = AssignOffice | GrantAccess | EndAccess | RecordRecusal
"""What concerns who has the case and who may see it."""
Step = (
    OpenInvestigation
    | RecordInvestigation
    | HearDefence
    | FileReport
    | RecogniseSituation
    | ConcludeCase
    | GiveFeedback
)
"""What carries a case on."""
Command = InitiateCase | Step | Responsibility
