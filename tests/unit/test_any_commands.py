"""Whatever is commanded in whatever order: a decider refuses or tells facts, and every published fold agrees."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import reduce
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from services.adjudication.domain import AGGREGATES as ADJUDICATION
from services.archive.domain import AGGREGATES as ARCHIVE
from services.intake.domain import AGGREGATES as INTAKE
from services.notification.domain import AGGREGATES as NOTIFICATION
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.representation import represent
from shared.kernel.sealed import Sealed
from tests.support import builders, report_builders
from tests.support.builders import AT, an_id, sealed
from tests.support.given import RULES

DECIDERS: dict[str, Decider[Any]] = {**INTAKE, **ADJUDICATION, **ARCHIVE, **NOTIFICATION}
WORDS = ["331123", "610100", builders.PACK, "SC.4", "SC.X", "N.1", "exempt", "refused", "officer-1", "member-1", "talk"]
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.sampled_from([an_id(number) for number in range(1, 5)]),
    str: st.sampled_from(WORDS),
    date: st.sampled_from([date(2019, 1, 1), date(2022, 4, 28), date(2022, 5, 6), date(2030, 1, 1)]),
    datetime: st.just(AT),
    bool: st.booleans(),
    int: st.integers(-1, 3),
    NoneType: st.none(),
    Sealed[str]: st.sampled_from([sealed("text"), sealed("text", "other")]),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a command's field."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*(values(argument) for argument in arguments))
    if get_origin(hint) is Literal:
        return st.sampled_from(arguments)
    if get_origin(hint) is Mapping:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=4)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return st.builds(hint, **{name: values(field.annotation) for name, field in hint.model_fields.items()})
    assert get_origin(hint) is tuple
    return st.lists(values(arguments[0]), max_size=3).map(tuple)


def commands_of(decider: Decider[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for this decider's commands: valid ones, so that one gets far, and wild ones."""
    types = get_args(get_type_hints(decider.decide)["command"]) or (get_type_hints(decider.decide)["command"],)
    given_ = [*vars(builders).values(), *vars(report_builders).values()]
    valid = [command for command in given_ if isinstance(command, types)]
    wild = [st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()}) for kind in types]
    return st.one_of(st.sampled_from(valid), st.sampled_from(valid), *wild)


@pytest.mark.parametrize("category", list(DECIDERS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_sequence_of_commands_is_answered(category: str, data: st.DataObject) -> None:
    decider = DECIDERS[category]
    facts: list[Any] = []
    for command in data.draw(st.lists(commands_of(decider), max_size=12)):
        state = decider.fold(decider.initial, facts)
        try:
            told = list(decider.decide(command, state, rules=RULES))
        except Rejected:
            continue
        again = decider.decide(command, decider.fold(state, told), rules=RULES)
        assert list(again) == []
        facts += told
    check_folds(decider, facts)


def check_folds(decider: Decider[Any], facts: list[Any]) -> None:
    """Assert that stored and decoded facts are the same facts, and that both folds end in the same state."""
    stored = [(type(fact).__name__, fact.schema_version, decider.codec.encode(fact)) for fact in facts]
    assert [decider.codec.decode(*one) for one in stored] == facts
    state = reduce(decider.evolve, facts, decider.initial)
    assert represent(facts)["state"] == state.state
