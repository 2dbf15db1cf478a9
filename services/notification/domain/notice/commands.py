"""What can be asked of a notice."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class IssueNotice:
    """发出通知: tell `party` what `template` says about `about_id` in `about_service`."""

    notice_id: UUID
    party: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    template: str
    about_service: str
    about_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class AcknowledgeNotice:
    """签收: `party` says that it has seen the notice."""

    notice_id: UUID
    party: UUID
    at: datetime


Command = IssueNotice | AcknowledgeNotice
