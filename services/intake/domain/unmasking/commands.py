"""What can be asked of an unmasking. Persons are the pseudonyms of tokens; `at` is the clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.unmasking.identity import IdentityField
from shared.kernel.sealed import Sealed


@dataclass(frozen=True, slots=True)
class RequestUnmasking:
    """申请查阅身份: which members of the identity in which report, and why."""

    unmasking_id: UUID
    report_id: UUID
    matter: UUID
    jurisdiction: str
    concerned: UUID | None
    requester: str
    fields: tuple[IdentityField, ...]
    reason: Sealed[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class ApproveUnmasking:
    """批准查阅身份: `digest` is that of the request as the approver read it."""

    unmasking_id: UUID
    approver: str
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenIdentity:
    """查阅身份: one reading, known by `opening_id`."""

    unmasking_id: UUID
    opening_id: UUID
    reader: str
    at: datetime


Command = RequestUnmasking | ApproveUnmasking | OpenIdentity
