"""Tokens with several roles: an administrator's role takes everything else away, an auditor's closes every text."""

import itertools

import pytest

from shared.authz.roles import Role
from tests.access.asking import Asking
from tests.access.table import Row, rows
from tests.access.test_matrix import NEVER, RELATIONS, expected_of, send
from tests.access.world import World

ADMINISTRATORS = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)
PUBLISHED = {"list_rule_packs", "read_rule_pack", "list_event_types", "read_capabilities"}
"""Rules, and what the interface itself is: nothing of any case."""
READERS = (Role.DIC_HEAD, Role.HANDLING_OFFICE, Role.ADJUDICATION_COMMITTEE, Role.ARCHIVIST, Role.SUBJECT)
ROWS = rows()
CASE_CONTENT = [row for row in ROWS if row.thing != "public"]


async def _codes(world: World, row: Row, roles: tuple[str, ...], relation: str) -> set[tuple[int, str]]:
    """Ask in one relation of the role named last; return status and code."""
    who = world.tokens.who(row.thing, relation, roles[-1])
    asked = Asking(world).about(row, relation, roles[-1], who)
    answer = await send(world, asked, world.tokens.token(who, *roles))
    return {(answer.status_code, answer.json().get("code", "") if answer.is_error else "")}


@pytest.mark.parametrize("pair", [*itertools.combinations(ADMINISTRATORS, 2)], ids="-".join)
async def test_two_administrators_in_one_token_may_nothing_but_read_what_is_published(
    world: World, pair: tuple[str, str]
) -> None:
    for row in ROWS:
        relation = next(iter(RELATIONS[row.thing]))
        expected = {(200, "")} if row.operation in PUBLISHED else {(403, "role-not-permitted")}
        assert await _codes(world, row, pair, relation) == expected, row


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("administrator", ADMINISTRATORS)
async def test_an_administrator_does_no_case_work_with_another_role(
    world: World, administrator: str, role: str
) -> None:
    for row in CASE_CONTENT:
        permitted = [relation for relation in RELATIONS[row.thing] if expected_of(row, role, relation) != NEVER]
        if row.standings[administrator] is None and permitted:
            found = await _codes(world, row, (administrator, role), permitted[0])
            assert found == {(403, "role-not-permitted")}, row.operation


async def test_an_auditor_stays_auditor_beside_another_role(world: World) -> None:
    feeds = [row for row in ROWS if row.thing == "public" and row.standings["auditor"] is not None]
    for row in feeds:
        expected = (int(row.allowed.usual.kind), row.allowed.usual.code)
        assert await _codes(world, row, ("handling_office", "auditor"), "any") == {expected}


@pytest.mark.parametrize("role", ["dic_head", "handling_office", "adjudication_committee"])
async def test_an_external_auditor_reads_envelopes_whatever_else_he_is(world: World, role: str) -> None:
    row = next(row for row in ROWS if row.operation == "read_case")
    who = world.tokens.who("case", "concluded_granted", role)
    asked = Asking(world).about(row, "concluded_granted", role, who)
    alone = (await send(world, asked, world.tokens.token(who, role))).json()
    beside = (await send(world, asked, world.tokens.token(who, role, "external_auditor"))).json()
    assert isinstance(alone["reasons"], str)
    assert beside["reasons"].keys() >= {"ciphertext", "nonce"}
    assert alone["reasons"] not in str(beside)
