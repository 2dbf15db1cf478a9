"""What operators decide about the bus, as private events of the service's own log, with their deciders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field

from shared.kernel.decider import Decider
from shared.kernel.events import Codec, Event

Reason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,63}$")]  # a code: free text may hold personal data


class LogRecovered(Event):
    """Events that the database had lost were put back from the topic, byte by byte."""

    from_position: int
    to_position: int
    restored: int
    reason: Reason


class ParkedSequenceDiscarded(Event):
    """Parked events of one stream will never take effect on `consumer`; its watermark moved past them."""

    consumer: str
    log: str
    stream: str
    from_version: int
    to_version: int
    reason: Reason


@dataclass(frozen=True)
class Operation:
    """State of both aggregates: how far it was decided already. They belong to no matter and no jurisdiction."""

    decided_to: int = 0
    matter: UUID | None = None
    jurisdiction: str | None = None
    rules_version: str | None = None


def decide(command: Event, state: Operation, *, rules: None) -> Sequence[Event]:  # noqa: ARG001
    """Return the decision, which the operator's command already has the form of, unless it was taken before."""
    return [command] if _end(command) > state.decided_to else []


def evolve(state: Operation, event: Event) -> Operation:
    """Return the state after a decision."""
    return replace(state, decided_to=_end(event))


RECOVERY = Decider("operation", Codec([LogRecovered]), Operation(), decide, evolve)
PARKING = Decider("parking", Codec([ParkedSequenceDiscarded]), Operation(), decide, evolve)


def recovery_id(log: str, from_position: int) -> UUID:
    """Return the id of the recovery that began at a position."""
    return uuid5(NAMESPACE_URL, f"rongcuo:recovery:{log}:{from_position}")


def parking_id(consumer: str, log: str, stream: str) -> UUID:
    """Return the id of what is parked for a consumer of one stream."""
    return uuid5(NAMESPACE_URL, f"rongcuo:parking:{consumer}:{log}:{stream}")


def _end(event: Event) -> int:
    match event:
        case LogRecovered():
            return event.to_position
        case ParkedSequenceDiscarded():
            return event.to_version
        case _:
            raise TypeError(type(event).__name__)
