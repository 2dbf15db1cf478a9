"""A history tells a permitted reader these events and no other, and who acted only where he may know it."""

from typing import Any

import httpx
import pytest

from shared.kernel.ids import new_id
from tests.access.asking import Asking
from tests.access.cases import CASES
from tests.access.table import lines, rows
from tests.access.test_matrix import RELATIONS, expected_of, send
from tests.access.world import World

OPERATIONS = {row.operation: row for row in rows() if row.operation.endswith("_history")}
HISTORIES = lines("histories.csv")
NOBODY = {"issuer": "", "id": "", "roles": []}
WHOLE = {"operation": "read_case_history", "role": "dic_head", "relation": "own"}
MANAGEMENT = WHOLE | {"role": "case_mgmt"}


async def told(world: World, line: dict[str, str], query: dict[str, str] | None = None) -> httpx.Response:
    """Read the history as the line has it."""
    row = OPERATIONS[line["operation"]]
    who = world.tokens.who(row.thing, line["relation"], line["role"])
    asked = Asking(world, "complete", "returned").about(row, line["relation"], line["role"], who)
    token = world.tokens.token(who, line["role"])
    if query is None:
        return await send(world, asked, token)
    return await world.http.get(asked.path, params=query, headers={"Authorization": f"Bearer {token}"})


async def items(world: World, line: dict[str, str]) -> list[dict[str, Any]]:
    answer = await told(world, line)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize("line", HISTORIES, ids=lambda line: f"{line['operation']}-{line['role']}")
async def test_a_reader_is_told_what_the_table_has(world: World, line: dict[str, str]) -> None:
    found = await items(world, line)
    assert {item["type"] for item in found if item["actor"] != NOBODY} == set(line["acted"].split())
    assert {item["type"] for item in found if item["actor"] == NOBODY} == set(line["told"].split())


async def test_a_recusal_leaves_no_trace_with_whom_it_does_not_concern(world: World) -> None:
    whole, shown = await items(world, WHOLE), await items(world, MANAGEMENT)
    hidden = {item["occurred_at"] for item in whole if item["type"] in {"RecusalRecorded", "AccessGranted"}}
    assert hidden, "the case has some"
    assert not hidden & {item["occurred_at"] for item in shown}, "nor what was written with it"


async def test_pages_have_every_event_that_is_told_once(world: World) -> None:
    found, query = [], {"limit": "3"}
    while True:
        page = (await told(world, MANAGEMENT, query)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 3, "a page is full though something is left out"
        query["cursor"] = page["next_cursor"]
    assert [item["version"] for item in found] == [item["version"] for item in await items(world, MANAGEMENT)]


async def test_a_stale_etag_tells_no_more_than_the_history(world: World) -> None:
    who = world.tokens.who("case", "own", "case_mgmt")
    headers = {"Authorization": f"Bearer {world.tokens.token(who, 'case_mgmt')}", "Idempotency-Key": str(new_id())}
    path = f"{CASES}/{world.names['case county complete']}/assignment"
    refused = await world.http.post(path, json={"office": "331123-dic-9"}, headers=headers | {"If-Match": '"v1"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "etag-stale")
    since = [(item["version"], item["type"]) for item in refused.json()["since"]]
    shown = await items(world, MANAGEMENT)
    assert since == [(item["version"], item["type"]) for item in shown if item["version"] > 1]


def test_every_role_that_may_read_a_history_has_a_line() -> None:
    for operation, row in OPERATIONS.items():
        readers = {role for role, standings in row.standings.items() if standings}
        assert {line["role"] for line in HISTORIES if line["operation"] == operation} == readers, operation


def test_every_line_is_of_a_relation_in_which_the_matrix_permits() -> None:
    for line in HISTORIES:
        row = OPERATIONS[line["operation"]]
        assert expected_of(row, line["role"], line["relation"]) == row.allowed.usual, line
        assert line["relation"] in RELATIONS[row.thing]
