"""The documented state machines are those of the code, and every aggregate has one."""

from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import pytest

from tests.support.given import history
from tests.unit.machines import Machine
from tests.unit.state_machines import DOCUMENT, MACHINES, document
from tests.unit.test_any_commands import DECIDERS

EACH = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.decider.category)


def state_after(machine: Machine, commands: Sequence[Any]) -> str:
    """Return the name of the state to which `commands` lead."""
    return str(machine.decider.fold(machine.decider.initial, history(machine.decider, *commands)).state or "none")


def test_the_document_is_what_the_machines_say() -> None:
    assert DOCUMENT.read_text("utf-8") == document()


def test_every_aggregate_has_a_machine() -> None:
    assert {machine.decider.category for machine in MACHINES} == set(DECIDERS)


@EACH
def test_a_machine_has_every_command(machine: Machine) -> None:
    command = get_type_hints(machine.decider.decide)["command"]
    assert set(machine.commands) == {kind.__name__ for kind in get_args(command) or (command,)}
    assert all(type(example).__name__ == name for name, example in machine.commands.items())


@EACH
def test_a_machine_has_every_state_and_comes_to_it(machine: Machine) -> None:
    (states,) = set(get_args(get_type_hints(type(machine.decider.initial))["state"])) - {type(None)}
    assert {way.split("(")[0] for way in machine.ways} == {"none", *states}
    for way, commands in machine.ways.items():
        assert state_after(machine, commands) == way.split("(")[0]
