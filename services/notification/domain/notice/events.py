"""Facts of a notice stream. Names and fields stand for ever once released: to change one, raise `schema_version`, add
a step in upcasters.py and a golden file. The public ones stand in shared/contracts/notification.py."""

from typing import ClassVar, get_args
from uuid import UUID

from shared.contracts.notification import NoticeIssued
from shared.kernel.events import Event


class NoticeReceived(Event):
    """已签收, by the addressee itself."""

    leads_to: ClassVar[str | None] = "received"

    party: UUID


Fact = NoticeIssued | NoticeReceived
EVENTS: tuple[type[Event], ...] = get_args(Fact)
