"""What can be asked of a submission. `at` is the clock, `*_on` a day in the world, pointers name these fields."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.kernel.sealed import Sealed


@dataclass(frozen=True, slots=True)
class SubmitSubmission:
    """提交: a `finding` 监督检查发现 by a body (`found_by`, `found_on`), or an `application` 申请 by a person or unit.

    `author` is on whose behalf it is filed (a party, an organisation, or the caller's own pseudonym); nobody else may
    supplement or withdraw it. `concerned` is the cadre whose error it is. `other_situation` describes what the open
    class X stands for.
    """

    submission_id: UUID
    matter: UUID
    author: str
    kind: Literal["finding", "application"]
    applicant_kind: Literal["person", "unit"] | None
    applicant: UUID | None
    found_by: Sealed[str] | None
    concerned: UUID
    jurisdiction: str
    situations: tuple[str, ...]
    act_on: date
    found_on: date | None
    statement: Sealed[str]
    other_situation: Sealed[str] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnForSupplement:
    """退回补正: say what is missing; `clerk` does it, for the office `office` if he acts for one."""

    submission_id: UUID
    missing: Sealed[str]
    at: datetime
    clerk: str
    office: str | None


@dataclass(frozen=True, slots=True)
class Resubmit:
    """补正后重新提交."""

    submission_id: UUID
    statement: Sealed[str]
    situations: tuple[str, ...]
    other_situation: Sealed[str] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptSubmission:
    """受理: the officer's act; the case will carry `case_id`. `clerk` and `office` as in a return."""

    submission_id: UUID
    case_id: UUID
    at: datetime
    clerk: str
    office: str | None


@dataclass(frozen=True, slots=True)
class WithdrawSubmission:
    """撤回: the applicant takes the application back."""

    submission_id: UUID
    reason: Sealed[str] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordSubmissionRecusal:
    """登记回避: a person has nothing more to do with it; `by` says so, of himself or as a leader."""

    submission_id: UUID
    person: str
    ground: str
    by: str
    by_leader: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteCaseOpened:
    """案件已启动: adjudication has opened the case that the acceptance named."""

    submission_id: UUID
    case_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteHandling:
    """承办、回避已载明: adjudication has told who has the case, if anybody has, and who is recused from it."""

    submission_id: UUID
    office: str | None
    persons: tuple[str, ...]
    recused: tuple[str, ...]
    at: datetime


Command = (
    SubmitSubmission
    | ReturnForSupplement
    | Resubmit
    | AcceptSubmission
    | WithdrawSubmission
    | RecordSubmissionRecusal
    | NoteCaseOpened
    | NoteHandling
)
