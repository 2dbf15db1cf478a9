"""Public events of archive 归档: what other services may act on. Names and fields stand for ever once released."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.kernel.events import Event
from shared.kernel.upcasting import Upcaster, Upcasters


class DossierOpened(Event):
    """立卷: the volume of one case is begun.

    `targets` are the codes of the files into which the conclusion has to go; null where the jurisdiction's rules do
    not say (未公布), and then nothing is demanded.
    """

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "open"
    sets: ClassVar[tuple[str, ...]] = ("matter", "jurisdiction", "rules_version", "targets")

    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    targets: tuple[str, ...] | None


class VolumeCompleted(Event):
    """案结卷成: the volume is bound; `retention` is `permanent`, `long` (60 years) or `short` (15 years)."""

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "complete"
    sets: ClassVar[tuple[str, ...]] = ("completed_on", "pages", "retention")

    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    completed_on: date
    pages: int
    retention: str


class SubjectErased(Event):
    """清除: the keys of a subject in a matter are being destroyed; purge what you keep of it beside events.

    With `identity` the subject's registration goes, too. `digest` commits to what was asked and approved. Texts that
    stay where they are (events, read models) cannot be opened any more by anybody.
    """

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "erased"

    erasure_id: UUID
    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    subject: UUID
    identity: bool
    digest: str

    @property
    def places(self) -> tuple[tuple[UUID, UUID], ...]:
        """Subject and matter of every key that is destroyed; a registration is sealed as a matter of its own."""
        place = (self.subject, self.matter)
        return (place, (self.subject, self.subject)) if self.identity else (place,)


EVENTS: tuple[type[Event], ...] = (DossierOpened, VolumeCompleted, SubjectErased)
STEPS: dict[tuple[str, int], Upcaster] = {}
UPCASTERS = Upcasters(STEPS)
