"""Public events of notification 送达: what other services may act on. Names and fields stand for ever once released."""

from typing import ClassVar
from uuid import UUID

from shared.kernel.events import Event
from shared.kernel.upcasting import Upcaster, Upcasters


class NoticeIssued(Event):
    """发出通知: `party` is to be told what `template` says about `about_id` in the service `about_service`."""

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "issued"
    sets: ClassVar[tuple[str, ...]] = (
        "party",
        "matter",
        "jurisdiction",
        "rules_version",
        "template",
        "about_service",
        "about_id",
    )

    notice_id: UUID
    party: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    template: str
    about_service: str
    about_id: UUID


EVENTS: tuple[type[Event], ...] = (NoticeIssued,)
STEPS: dict[tuple[str, int], Upcaster] = {}
UPCASTERS = Upcasters(STEPS)
