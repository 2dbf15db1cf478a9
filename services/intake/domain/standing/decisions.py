"""How access is withdrawn and given back; every withdrawal is a stream of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.intake.domain.standing.commands import Command, EndWithdrawal, WithdrawAccess
from services.intake.domain.standing.events import EVENTS, AccessWithdrawn, Fact, WithdrawalEnded
from services.intake.domain.standing.upcasters import UPCASTERS
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event


class State(StrEnum):
    """Where a withdrawal stands; None is one that nobody has declared."""

    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """One withdrawal of somebody's access; it belongs to no matter, no place and no rule pack."""

    state: State | None = None
    withdrawn: AccessWithdrawn | None = None

    @property
    def matter(self) -> UUID | None:
        """Always None."""
        return None

    @property
    def jurisdiction(self) -> str | None:
        """Always None: access is withdrawn everywhere."""
        return None

    @property
    def rules_version(self) -> str | None:
        """Always None."""
        return None


def decide(command: Command, standing: Standing, *, rules: Any) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """收回、恢复; a withdrawal ends once, and another one is another stream."""
    match command:
        case WithdrawAccess():
            return _withdraw(command, standing)
        case EndWithdrawal():
            return _end(standing)


def _withdraw(command: WithdrawAccess, standing: Standing) -> Sequence[Event]:
    event = AccessWithdrawn(issuer=command.issuer, subject=command.subject, reason=command.reason)
    if standing.withdrawn is not None:
        if standing.withdrawn == event:
            return []
        raise Rejected("withdrawal-already-declared", "该收回编号已被使用。")
    return [event]


def _end(standing: Standing) -> Sequence[Event]:
    if standing.state is None:
        raise Rejected("withdrawal-unknown", "没有这项收回。")
    return [] if standing.state is State.ENDED else [WithdrawalEnded()]


def evolve(standing: Standing, event: Fact) -> Standing:
    """Apply a fact; facts are not judged again."""
    match event:
        case AccessWithdrawn():
            return replace(standing, state=State.WITHDRAWN, withdrawn=event)
        case WithdrawalEnded():
            return replace(standing, state=State.ENDED)


DECIDER = Decider(category="standing", codec=Codec(EVENTS, UPCASTERS), initial=Standing(), decide=decide, evolve=evolve)
