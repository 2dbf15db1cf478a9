"""Compares what was acknowledged, what is stored and what a tailing reader was given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from bench.store.port import Delivered


@dataclass(frozen=True)
class Verdict:
    """Counts of events. `missed`: stored and never delivered; `lost`: acknowledged and not stored."""

    stored: int = 0
    delivered: int = 0
    missed: int = 0
    duplicated: int = 0
    order_violations: int = 0
    lost: int = 0

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def clean(self) -> bool:
        """Whether every stored event was delivered once and in order, and every acknowledged one is stored."""
        return not (self.missed or self.duplicated or self.order_violations or self.lost)


def judge(acknowledged: Iterable[str], stored: Sequence[Delivered], delivered: Sequence[Delivered]) -> Verdict:
    """Count what went wrong.

    An order violation is an event that comes for the first time after a later one of its stream. A stored id that
    stands twice counts as duplicated, whether or not the reader was given both.
    """
    standing = {event.event for event in stored}
    seen: set[str] = set()
    latest: dict[str, int] = {}
    violations = 0
    for event, stream, order in delivered:
        if event not in seen:
            violations += order < latest.get(stream, order)
            latest[stream] = max(order, latest.get(stream, order))
        seen.add(event)
    return Verdict(
        stored=len(stored),
        delivered=len(delivered),
        missed=len(standing - seen),
        duplicated=max(len(delivered) - len(seen), len(stored) - len(standing)),
        order_violations=violations,
        lost=len(set(acknowledged) - standing),
    )
