"""How holds on a matter are placed and released, and what they tell erasures.

An erasure and a hold meet in this one stream: whichever was written first has won, whatever crashes in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.archive.domain.legal_hold.commands import Command, ConsiderErasure, PlaceHold, ReleaseHold
from services.archive.domain.legal_hold.events import (
    EVENTS,
    ErasureCleared,
    ErasureHeld,
    Fact,
    HoldPlaced,
    HoldReleased,
)
from services.archive.domain.legal_hold.upcasters import UPCASTERS
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.kernel.excluded import NOBODY, Excluded


class State(StrEnum):
    """Whether a matter is held; None is one of which nobody has spoken."""

    HELD = "held"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class LegalHold:
    """The hold on a matter 保全: who placed the last one, whether it is in force, which erasures have met it."""

    state: State | None = None
    matter: UUID | None = None
    jurisdiction: str | None = None
    rules_version: str | None = None
    excluded: Excluded = NOBODY
    placed: HoldPlaced | None = None
    released_by: str | None = None
    refused: frozenset[UUID] = frozenset()
    cleared: frozenset[UUID] = frozenset()


def decide(command: Command, hold: LegalHold, *, rules: object) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    match command:
        case PlaceHold():
            return place(command, hold)
        case ReleaseHold():
            return release(command, hold)
        case ConsiderErasure():
            return consider(command, hold)
        case _:
            assert_never(command)


def place(command: PlaceHold, hold: LegalHold) -> Sequence[Event]:
    """保全: one at a time; it covers everything of the matter that is not yet erased."""
    event = HoldPlaced(
        matter=command.matter,
        jurisdiction=command.jurisdiction,
        rules_version=command.rules_version,
        ground=command.ground,
        placed_by=command.by,
        excluded=command.excluded,
    )
    if hold.state is State.HELD:
        if hold.placed == event:
            return []
        raise Rejected("legal-hold-already-placed", "该事项已在保全中。")
    return [event]


def release(command: ReleaseHold, hold: LegalHold) -> Sequence[Event]:
    """解除保全: four eyes, here as well."""
    if hold.placed is None:
        raise Rejected("legal-hold-unknown", "该事项没有保全。")
    if hold.state is State.FREE:
        if hold.released_by == command.by:
            return []
        raise Rejected("legal-hold-already-released", "该事项的保全已经解除。")
    if hold.placed.placed_by.casefold() == command.by.casefold():
        raise Rejected("hold-released-by-who-placed-it", "保全应当由作出保全以外的人解除。")
    return [HoldReleased(released_by=command.by)]


def consider(command: ConsiderErasure, hold: LegalHold) -> Sequence[Event]:
    """审查清除: an erasure that was cleared stays cleared; one that was refused may come again after the release."""
    if command.erasure_id in hold.cleared:
        return []
    if hold.state is State.HELD:
        refused = command.erasure_id in hold.refused
        return [] if refused else [ErasureHeld(erasure_id=command.erasure_id, subject=command.subject)]
    if not command.final:
        return []
    return [
        ErasureCleared(
            erasure_id=command.erasure_id,
            subject=command.subject,
            matter=command.matter,
            jurisdiction=command.jurisdiction,
            rules_version=command.rules_version,
            excluded=command.excluded,
        )
    ]


def evolve(hold: LegalHold, event: Fact) -> LegalHold:
    """Apply a fact; facts are not judged again."""
    match event:
        case HoldPlaced():
            return replace(_of(hold, event), state=State.HELD, placed=event, released_by=None)
        case HoldReleased():
            return replace(hold, state=State.FREE, released_by=event.released_by)
        case ErasureHeld():
            return replace(hold, refused=hold.refused | {event.erasure_id})
        case ErasureCleared():
            return replace(_of(hold, event), state=State.FREE, cleared=hold.cleared | {event.erasure_id})
        case _:
            assert_never(event)


def _of(hold: LegalHold, event: HoldPlaced | ErasureCleared) -> LegalHold:
    told = {name: getattr(event, name) for name in ("matter", "jurisdiction", "rules_version", "excluded")}
    return replace(hold, **told)


DECIDER = Decider(
    category="legal_hold", codec=Codec(EVENTS, UPCASTERS), initial=LegalHold(), decide=decide, evolve=evolve
)
