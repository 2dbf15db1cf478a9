"""Facts of a standing stream. Names and fields stand for ever once released: to change one, raise `schema_version`,
add a step in upcasters.py and a golden file."""

from typing import ClassVar

from shared.kernel.events import Event


class AccessWithdrawn(Event):
    """访问权限已收回; `reason` is a code, because what is written about a person here could never be sealed."""

    leads_to: ClassVar[str | None] = "withdrawn"
    sets: ClassVar[tuple[str, ...]] = ("issuer", "subject", "reason")

    issuer: str
    subject: str
    reason: str


class WithdrawalEnded(Event):
    """访问权限已恢复."""

    leads_to: ClassVar[str | None] = "ended"


Fact = AccessWithdrawn | WithdrawalEnded
EVENTS: tuple[type[Event], ...] = (AccessWithdrawn, WithdrawalEnded)
