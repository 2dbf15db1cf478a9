"""What can be asked of a report. `at` is the clock, `*_on` a day in the world, pointers name these fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.intake.domain.report.identity import IdentityField
from shared.kernel.sealed import Sealed


@dataclass(frozen=True, slots=True)
class ReceiveReport:
    """接收检举控告: about a cadre of the organ's own or of a lower level.

    `jurisdiction` is that of the receiving organ, `managed_by` that of the organ which manages the cadre. He is named
    by his registration (`concerned`), by a description, or by both. An anonymous report has neither `reporter` nor
    `identity`.
    """

    report_id: UUID
    matter: UUID
    jurisdiction: str
    channel: Literal["letter", "visit", "phone", "online", "other"]
    managed_by: str
    head_of_organ: bool
    received_on: date
    concerned: UUID | None
    person_described: Sealed[str] | None
    content: Sealed[str]
    reporter: UUID | None
    identity: Mapping[IdentityField, Sealed[str]]
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordTransfer:
    """记录报送上级: what was received may not be kept here; the command has no room for a word of it."""

    report_id: UUID
    jurisdiction: str
    managed_by: str
    head_of_organ: bool
    received_on: date
    at: datetime


@dataclass(frozen=True, slots=True)
class AssignReport:
    """转交承办部门: `office` is the organisation that handles it."""

    report_id: UUID
    office: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordReportRecusal:
    """登记回避: a person has nothing more to do with the report; `by` says so, of himself or as a head."""

    report_id: UUID
    person: str
    ground: str
    by: str
    by_head: bool
    at: datetime


Command = ReceiveReport | RecordTransfer | AssignReport | RecordReportRecusal
