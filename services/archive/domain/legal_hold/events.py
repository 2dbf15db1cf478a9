"""Facts of the holds on a matter. Names and fields stand for ever once released: to change one, raise
`schema_version`, add a step in upcasters.py and a golden file."""

from typing import ClassVar, get_args
from uuid import UUID

from shared.kernel.events import Event
from shared.kernel.excluded import Excluded


class HoldPlaced(Event):
    """保全: nothing of the matter may be erased from now on."""

    leads_to: ClassVar[str | None] = "held"
    sets: ClassVar[tuple[str, ...]] = ("matter", "jurisdiction", "rules_version", "ground", "placed_by")

    matter: UUID
    jurisdiction: str
    rules_version: str
    ground: str
    placed_by: str
    excluded: Excluded


class HoldReleased(Event):
    """解除保全."""

    leads_to: ClassVar[str | None] = "free"
    sets: ClassVar[tuple[str, ...]] = ("released_by",)

    released_by: str


class ErasureHeld(Event):
    """保全期间拒绝清除: somebody wanted to erase a subject while the hold was in force."""

    appends_to: ClassVar[str | None] = "refusals"

    erasure_id: UUID
    subject: UUID


class ErasureCleared(Event):
    """准许清除: no hold was in force when this erasure went on; one that is placed later comes too late for it."""

    leads_to: ClassVar[str | None] = "free"
    sets: ClassVar[tuple[str, ...]] = ("matter", "jurisdiction", "rules_version")
    appends_to: ClassVar[str | None] = "cleared"

    erasure_id: UUID
    subject: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    excluded: Excluded


Fact = HoldPlaced | HoldReleased | ErasureHeld | ErasureCleared
EVENTS: tuple[type[Event], ...] = get_args(Fact)
