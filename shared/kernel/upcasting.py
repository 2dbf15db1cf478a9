"""Upcasters: pure steps from schema version v to v + 1, on plain dicts."""

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]


class Upcasters:
    """A chain of steps keyed by (event type, version that the step reads)."""

    def __init__(self, steps: Mapping[tuple[str, int], Upcaster] | None = None) -> None:
        self._steps = dict(steps or {})

    def chain(self, event_type: str, version: int) -> tuple[Upcaster, ...]:
        """Return the steps that follow `version`, in order."""
        if step := self._steps.get((event_type, version)):
            return (step, *self.chain(event_type, version + 1))
        return ()

    def check(self, current: Mapping[str, int]) -> None:
        """Raise ValueError unless the steps of every event type lead from version 1 to its current one."""
        for event_type, version in current.items():
            known = sorted(v for name, v in self._steps if name == event_type)
            if known != list(range(1, version)):
                raise ValueError(f"{event_type}: upcasters {known} do not lead from 1 to {version}")
        if strangers := {name for name, _ in self._steps} - set(current):
            raise ValueError(f"upcasters of unknown events: {sorted(strangers)}")
