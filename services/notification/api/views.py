"""What notification answers; a resource's members are set by events of the same name (GET …/event-types)."""

from uuid import UUID

from pydantic import BaseModel

from shared.kernel.instants import Instant
from shared.web.details import View


class NoticeView(View):
    """通知."""

    party: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    template: str
    about_service: str
    about_id: UUID


class InboxItem(BaseModel):
    """One notice in a party's inbox, in words."""

    id: UUID
    href: str
    template: str
    title: str
    text: str
    about_service: str
    about_id: UUID
    state: str
    issued_at: Instant
