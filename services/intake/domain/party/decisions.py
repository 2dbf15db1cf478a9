"""How a party is registered. Nothing in here opens a sealed value or knows whom it names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from services.intake.domain.party.commands import Command
from services.intake.domain.party.events import EVENTS, Fact, PartyRegistered
from services.intake.domain.party.upcasters import UPCASTERS
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.rules.pack import Rulebook


class State(StrEnum):
    """Where a party stands; None is a party nobody has entered."""

    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class Party:
    """A party 当事人; it belongs to no single matter and is under no rule pack."""

    state: State | None = None
    registered: PartyRegistered | None = None

    @property
    def matter(self) -> UUID | None:
        """Always None: a party outlives its matters."""
        return None

    @property
    def jurisdiction(self) -> str | None:
        """Where the party was entered (GB/T 2260)."""
        return self.registered.jurisdiction if self.registered else None

    @property
    def rules_version(self) -> str | None:
        """Always None: no jurisdiction's rules govern a registration."""
        return None


def decide(command: Command, party: Party, *, rules: Rulebook) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """登记当事人; an id is registered once."""
    event = PartyRegistered(
        party_id=command.party_id,
        kind=command.kind,
        jurisdiction=command.jurisdiction,
        name=command.name,
        contact=command.contact,
    )
    if party.registered == event:
        return []
    if party.registered:
        raise Rejected("party-already-registered", "该当事人已经登记。", pointer="/party_id")
    return [event]


def evolve(party: Party, event: Fact) -> Party:
    """Apply a fact; facts are not judged again."""
    return replace(party, state=State.REGISTERED, registered=event)


DECIDER = Decider(category="party", codec=Codec(EVENTS, UPCASTERS), initial=Party(), decide=decide, evolve=evolve)
