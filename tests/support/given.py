"""Given facts, when a command, then facts or a refusal: tests of a decider read as sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.rules.loader import load_rulebook
from shared.rules.pack import Rulebook

RULES = load_rulebook()


def history(decider: Decider[Any], *commands: Any, rules: Rulebook = RULES) -> list[Event]:
    """Return the facts that follow when `commands` are given one after the other to an aggregate that is new."""
    facts: list[Event] = []
    for command in commands:
        facts += decider.decide(command, decider.fold(decider.initial, facts), rules=rules)
    return facts


@dataclass(frozen=True)
class given:  # noqa: N801 - read as the first word of a sentence
    """The facts of one aggregate; without `when` nothing is checked."""

    decider: Decider[Any]
    facts: Sequence[Event] = ()
    rules: Rulebook = RULES

    def when(self, command: Any) -> "Asked":
        """Give `command` to the aggregate in the state to which its facts lead."""
        return Asked(self, self.decider.fold(self.decider.initial, self.facts), command)


@dataclass(frozen=True)
class Asked:
    """A command given to a state."""

    given: given
    state: Any
    command: Any

    def then(self, *events: Event) -> None:
        """Expect exactly these facts; the same command on the resulting state must yield none."""
        decider, rules = self.given.decider, self.given.rules
        told = list(decider.decide(self.command, self.state, rules=rules))
        assert told == list(events)
        assert list(decider.decide(self.command, decider.fold(self.state, told), rules=rules)) == []

    def then_types(self, *types: type[Event]) -> None:
        """Expect facts of these types in this order, and none when the command is repeated."""
        told = self.given.decider.decide(self.command, self.state, rules=self.given.rules)
        assert tuple(type(event) for event in told) == types
        self.then(*told)

    def then_nothing(self) -> None:
        """Expect no fact at all."""
        self.then()

    def then_rejected(self, code: str, pointer: str | None = None) -> Rejected:
        """Expect a refusal with this code (and pointer); return it, for its reference and words."""
        with pytest.raises(Rejected) as refusal:
            self.given.decider.decide(self.command, self.state, rules=self.given.rules)
        assert refusal.value.code == code
        assert pointer is None or refusal.value.pointer == pointer
        return refusal.value
