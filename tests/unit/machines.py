"""A state machine as a table: what every command does in every state. Tests and docs/state-machines.md share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from tests.support.given import RULES, history

UNCHANGED = "✓"
NOTHING = "="


@dataclass(frozen=True)
class Machine:
    """`ways` leads to every state, `commands` are fresh and valid.

    The result of a pair is `→ state`, `✓` (facts, but the same state), `=` (nothing to do) or the code of the refusal.
    """

    title: str
    decider: Decider[Any]
    ways: Mapping[str, Sequence[Any]]
    commands: Mapping[str, Any]

    def cell(self, command: Any, way: Sequence[Any]) -> str:
        """Return what `command` does after `way`; a command that does something is repeated and must do nothing."""
        before = self.decider.fold(self.decider.initial, history(self.decider, *way))
        try:
            events = self.decider.decide(command, before, rules=RULES)
        except Rejected as refusal:
            return refusal.code
        after = self.decider.fold(before, events)
        assert list(self.decider.decide(command, after, rules=RULES)) == []
        if not events:
            return NOTHING
        return UNCHANGED if before.state == after.state else f"→ {after.state}"

    def rows(self) -> list[list[str]]:
        """Return every (state, command) pair, as rows of command, result, and the states that give this result."""
        rows = []
        for name, command in self.commands.items():
            states: dict[str, list[str]] = {}
            for state, way in self.ways.items():
                states.setdefault(self.cell(command, way), []).append(state)
            rows += [[name, result, " ".join(before)] for result, before in states.items()]
        return rows


def table(text: str) -> list[list[str]]:
    """Read rows whose cells are separated by `|`."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]
