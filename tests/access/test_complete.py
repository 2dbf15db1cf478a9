"""The tables know every operation of the documents, every role and every relation; nothing is left untried."""

import pytest

from shared.authz.roles import Role
from tests.access.callers import Tokens
from tests.access.table import SERVICES, heads, lines, relations, rows
from tests.access.world import World

METHODS = {"get", "put", "post", "patch", "delete"}
OF_NO_PLACE = {"public", "withdrawal"}
"""What is no case content: the role alone counts."""
ASKED_FOR = {"own", "other", "upper", "lower", "subtree", "everywhere", "recused", "elsewhere", "ungranted", "stranger"}
"""The relations of which every kind of thing says either how it is played or why it cannot be."""


@pytest.mark.parametrize("service", SERVICES)
async def test_the_matrix_has_every_operation_of_the_documents_and_no_other(world: World, service: str) -> None:
    document = (await world.http.get(f"/{service}/openapi.json")).json()
    published = {
        (operation["operationId"], method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }
    assert {(row.operation, row.method, row.path) for row in rows() if row.service == service} == published


@pytest.mark.parametrize("service", SERVICES)
def test_the_matrix_has_every_role_under_its_chinese_name(service: str) -> None:
    columns = list(heads(f"{service}.csv").items())
    first = [name for name, _ in columns].index("refused") + 1
    assert dict(columns[first:]) == {role.value: role.label for role in Role}


def test_every_word_of_the_matrix_is_a_standing_that_somebody_has() -> None:
    known = {thing: frozenset[str]().union(*found.values()) for thing, found in relations().items()}
    for row in rows():
        for role, standings in row.standings.items():
            assert standings is None or standings <= known[row.thing], (row.operation, role)


def test_exceptions_name_relations_that_are_played() -> None:
    for row in rows():
        assert {*row.allowed.others, *row.refused.others} <= relations()[row.thing].keys(), row.operation


def test_every_kind_of_thing_says_how_each_relation_is_played_or_why_not() -> None:
    for thing in {row.thing for row in rows()} - OF_NO_PLACE:
        said = {line["relation"] for line in lines("standings.csv") if line["thing"] == thing}
        assert said >= ASKED_FOR, thing


async def test_every_relation_is_played_by_somebody(world: World) -> None:
    tokens: Tokens = world.tokens
    for thing, found in relations().items():
        for relation in found:
            assert tokens.who(thing, relation, Role.HANDLING_OFFICE)
