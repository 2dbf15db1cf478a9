"""Facts of a party stream. Names and fields stand for ever once released: to change one, raise `schema_version`, add
a step in upcasters.py and a golden file."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.kernel.events import Event
from shared.kernel.sealed import Sealed


class PartyRegistered(Event):
    """当事人已登记."""

    leads_to: ClassVar[str | None] = "registered"
    sets: ClassVar[tuple[str, ...]] = ("kind", "jurisdiction", "name", "contact")

    party_id: UUID
    kind: Literal["person", "unit"]
    jurisdiction: str
    name: Sealed[str]
    contact: Sealed[str] | None


Fact = PartyRegistered
EVENTS: tuple[type[Event], ...] = (PartyRegistered,)
