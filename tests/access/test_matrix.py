"""Every operation, for every role, in every relation: exactly the answer of the tables, on a real database."""

import json
from typing import Any

import httpx
import pytest

from tests.access.asking import Asked, Asking
from tests.access.callers import Who
from tests.access.table import Answer, Row, relations, rows, still_open
from tests.access.world import World

RELATIONS = relations()
ROWS = rows()
OPEN = still_open()
NEVER = Answer("403", "role-not-permitted")
ADMINISTRATORS = {"sysadmin", "secadmin", "auditor"}
_OF_ONE_REQUEST = {"x-request-id", "date", "ratelimit"}
"""Headers whose text differs from request to request."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.service}-{row.operation}")
async def test_everybody_is_answered_as_the_matrix_says(world: World, row: Row) -> None:
    matrix = Matrix(world, row)
    for role, standings in row.standings.items():
        alone = standings is not None or role in ADMINISTRATORS
        for relation in list(RELATIONS[row.thing])[: None if alone else 1]:
            await matrix.try_cell(role, relation)
    for relation in list(RELATIONS[row.thing])[1:]:
        await matrix.try_never(relation)
    assert not matrix.wrong, "\n" + "\n".join(matrix.wrong)
    assert matrix.tried == {(role, relation) for role in row.standings for relation in RELATIONS[row.thing]}


class Matrix:
    """Tries the cells of one row.

    A role that never may is asked alone in the first relation; in each further one a single token has all of these
    roles: what a role permits is added to what others permit, so that none of them permits anything when all together
    do not. Administrators, whose roles take away, are always asked alone.
    """

    def __init__(self, world: World, row: Row) -> None:
        self.wrong: list[str] = []
        self.tried: set[tuple[str, str]] = set()
        self._world = world
        self._row = row
        self._asking = Asking(world)
        self._nothing: dict[str, tuple[Any, ...]] = {}
        self._listed: dict[str, httpx.Response] = {}

    async def try_never(self, relation: str) -> None:
        """Ask with all roles at once that never may."""
        row = self._row
        never = [role for role, standings in row.standings.items() if standings is None and role not in ADMINISTRATORS]
        if never:
            who = self._world.tokens.who(row.thing, relation, never[0])
            asked = self._asking.about(row, relation, never[0], who)
            fault = fault_of(NEVER, asked, await send(self._world, asked, self._world.tokens.token(who, *never)))
            self.wrong += [f"{row.operation} {'+'.join(never)} {relation}: {fault}"] if fault else []
            self.tried |= {(role, relation) for role in never}

    async def try_cell(self, role: str, relation: str) -> None:
        """Ask in this relation and note what is not as the table has it."""
        row, who = self._row, self._world.tokens.who(self._row.thing, relation, role)
        asked = self._asking.about(row, relation, role, who)
        expected = expected_of(row, role, relation)
        answer = await self._answer(asked, self._world.tokens.token(who, role))
        self.tried.add((role, relation))
        fault = fault_of(expected, asked, answer)
        if not fault and expected in (Answer("404"), Answer("422", "draft-unknown")):
            fault = await self._unlike_nothing(answer, role, relation, who)
        if (row.operation, role, relation) in OPEN:
            fault = "" if fault else "is as the matrix has it: strike the line in open.csv"
        if fault:
            self.wrong.append(f"{row.operation} {role} {relation}: {fault}")
        if row.operation == "delete_draft" and answer.status_code == 204:
            await self._world.rewrite_draft(role)

    async def _answer(self, asked: Asked, token: str) -> httpx.Response:
        """Send the request; one list is asked for once, though it answers in several relations."""
        if not asked.is_list:
            return await send(self._world, asked, token)
        if token not in self._listed:
            self._listed[token] = await send(self._world, asked, token)
        return self._listed[token]

    async def _unlike_nothing(self, answer: httpx.Response, role: str, relation: str, who: Who) -> str:
        """Tell in what the answer differs from that for a thing that does not exist."""
        if role not in self._nothing:
            asked = self._asking.about(self._row, relation, role, who, exists=False)
            token = self._world.tokens.token(who, role)
            self._nothing[role] = shown(await send(self._world, asked, token))
        found, nothing = shown(answer), self._nothing[role]
        return "" if found == nothing else f"differs from what does not exist: {found} / {nothing}"


def expected_of(row: Row, role: str, relation: str) -> Answer:
    """Return the answer of the tables."""
    standings = row.standings[role]
    if standings is None:
        return NEVER
    permitted = bool(standings & RELATIONS[row.thing][relation])
    return (row.allowed if permitted else row.refused).of(relation)


def fault_of(expected: Answer, asked: Asked, answer: httpx.Response) -> str:
    """Tell in what the answer differs from the one expected, "" if in nothing."""
    said = {} if answer.status_code == 204 else answer.json()
    if expected.kind in {"listed", "absent"} and answer.status_code == 200:
        assert said.get("next_cursor") is None, "the world fits on one page"
        assert said.get("next") is None, "the world fits on one page"
        listed = asked.thing in {item["id"] for item in [*said["items"], *said.get("tombstones", ())]}
        return "" if listed == (expected.kind == "listed") else f"expected {expected.kind}"
    code = expected.code or ("not-found" if expected.kind == "404" else "")
    found = (str(answer.status_code), said.get("code", "") if answer.is_error else "")
    return "" if found == (expected.kind, code) else f"expected {expected.kind} {code}, got {' '.join(found)}"


def shown(answer: httpx.Response) -> tuple[Any, ...]:
    """Return all that an answer shows but what belongs to one request."""
    body = {name: value for name, value in answer.json().items() if name != "trace_id"}
    headers = [(name, "" if name in _OF_ONE_REQUEST else text) for name, text in answer.headers.multi_items()]
    return answer.status_code, json.dumps(body, sort_keys=True, ensure_ascii=False), headers


async def send(world: World, asked: Asked, token: str) -> httpx.Response:
    """Send a request; commands match the version that stands, and write nothing."""
    headers = {"Authorization": f"Bearer {token}"}
    if asked.method == "POST":
        headers["Idempotency-Key"] = "one that no other call of this caller uses"
    if asked.resource:
        headers["If-Match"] = await world.etag(asked.resource)
    return await world.http.request(asked.method, asked.path, params=asked.query, headers=headers, json=asked.body)
