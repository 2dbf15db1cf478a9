"""What a permitted reader is shown of a thing: these members and no other, in clear, masked or closed."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.kernel.sealed import Sealed
from tests.access import cases, people, reports, submissions
from tests.access.asking import Asking
from tests.access.table import lines, rows
from tests.access.test_matrix import RELATIONS, expected_of, send
from tests.access.world import World

MEMBERS = lines("members.csv")
OPERATIONS = {row.operation: row for row in rows()}
FIELDS = [
    {**line, "asked": asked}
    for line in lines("fields.csv")
    for asked in (line["operation"], f"{line['operation']}_changes")
    if asked in OPERATIONS
]
"""What a list shows, its changes show."""
OPEN = {(line["operation"], line["role"]): line["why"] for line in lines("open_fields.csv")}
LINES = [
    pytest.param(
        line,
        id=f"{line['asked']}-{line['role']}-{line['relation']}",
        marks=[pytest.mark.xfail(strict=True, reason=OPEN[line["operation"], line["role"]])]
        if (line["operation"], line["role"]) in OPEN
        else [],
    )
    for line in FIELDS
]
SECRETS = {
    *(people.PEOPLE["cadre"][2], people.CONTACT, submissions.STATEMENT, submissions.MISSING, cases.NOTE),
    *(cases.DEFENCE["statement"], cases.REPORT["facts"], cases.REPORT["eligibility"], cases.RECOGNITION["reasons"]),
    *(reports.CONTENT, reports.REASON, *reports.REPORTER.values()),
    *(cases.CONCLUSION["reasons"], cases.CONCLUSION["departure_reasons"]),
}
ENVELOPE = frozenset(Sealed.model_fields)


def of(operation: str, column: str, classes: str) -> set[str]:
    """Return the members, or those with text, of these classes."""
    found = [line for line in MEMBERS if line["operation"] == operation and line["class"] in classes.split()]
    assert len(found) == len(classes.split()), f"{operation}: {classes}"
    return {member for line in found for member in line[column].split()}


async def shown(world: World, line: dict[str, str]) -> dict[str, Any]:
    """Read the thing as the line has it; of a list its row."""
    row = OPERATIONS[line["asked"]]
    who = world.tokens.who(row.thing, line["relation"], line["role"])
    asked = Asking(world, "complete", "returned").about(row, line["relation"], line["role"], who)
    answer = await send(world, asked, world.tokens.token(who, line["role"]))
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return next(item for item in said["items"] if item["id"] == asked.thing) if asked.is_list else said


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text that a member shows, however deep."""
    if isinstance(value, str):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(member)


def has_envelope(value: Any) -> bool:
    """Tell whether a sealed envelope stands in a member."""
    if isinstance(value, dict):
        return value.keys() == ENVELOPE or any(map(has_envelope, value.values()))
    return isinstance(value, list) and any(map(has_envelope, value))


@pytest.mark.parametrize("line", LINES)
async def test_a_reader_is_shown_these_classes_and_no_other(world: World, line: dict[str, str]) -> None:
    document = await shown(world, line)
    operation, everything = line["operation"], " ".join((line["clear"], line["masked"], line["closed"]))
    there = {member for member, value in document.items() if value is not None}
    assert there <= of(operation, "members", everything), "more than the table has"
    must = {name for name in of(operation, "members", everything) if name in WITH_CONTENT.get(operation, ())}
    assert must <= there, "less than the table has"


@pytest.mark.parametrize("line", LINES)
async def test_texts_are_clear_masked_or_closed_as_the_table_has_it(world: World, line: dict[str, str]) -> None:
    document, operation = await shown(world, line), line["operation"]
    for member in of(operation, "texts", line["clear"]):
        assert SECRETS & set(texts_in(document[member])), member
    for member in of(operation, "texts", line["closed"]):
        assert has_envelope(document[member]), member
        assert not SECRETS & set(texts_in(document[member])), member
    for member in of(operation, "texts", line["masked"]):
        assert not has_envelope(document[member]), member
        assert not any(secret in text for text in texts_in(document[member]) for secret in SECRETS), member
    clear = of(operation, "members", line["clear"])
    assert not SECRETS & {text for name, value in document.items() if name not in clear for text in texts_in(value)}


def test_every_role_that_may_read_has_a_line() -> None:
    for operation in {line["operation"] for line in FIELDS}:
        row = OPERATIONS[operation]
        readers = {role for role, standings in row.standings.items() if standings}
        assert {line["role"] for line in FIELDS if line["operation"] == operation} == readers, operation


def test_every_line_is_of_a_relation_in_which_the_matrix_permits() -> None:
    for line in FIELDS:
        row = OPERATIONS[line["operation"]]
        assert line["relation"] in RELATIONS[row.thing]
        assert expected_of(row, line["role"], line["relation"]) == row.allowed.usual, line


def test_every_operation_that_answers_a_thing_has_lines() -> None:
    answering = {row.operation for row in rows() if row.method == "GET" and row.thing != "public"}
    without = answering - {line["asked"] for line in FIELDS}
    assert without == {row.operation for row in rows() if row.operation.endswith("_history")} | {"list_drafts"}


WITH_CONTENT = {
    "read_case": {
        *(
            "matter",
            "jurisdiction",
            "concerned",
            "applicant",
            "officers",
            "investigation_records",
            "signed_by",
            "facts",
        ),
        *(
            "facts",
            "eligibility",
            "conditions",
            "exclusions",
            "defences",
            "outcome",
            "grounds",
            "reasons",
            "protections",
        ),
        *("fed_back_on", "explained", "decided_by", "recognitions", "departure_reasons", "legality_confirmed"),
        *("office", "persons", "access_grants", "recusals"),
    },
    "list_cases": {"outcome"},
    "read_submission": {"concerned", "statement", "missing", "office", "persons", "recusals"},
    "read_party": {"kind", "name", "contact"},
    "read_draft": {"statement"},
    "read_dossier": {"papers"},
    "read_report": {"concerned", "content", "identity", "office", "recusals"},
    "read_unmasking": {"reason", "requester", "digest"},
    "read_reporter_identity": {"identity"},
    "read_erasure": {"subject", "requested_by", "digest"},
    "read_legal_hold": {"ground", "placed_by"},
    "disclose_case": {"text", "salt"},
    "disclose_submission": {"text", "salt"},
}
"""Members that have a value in the things that are read here: none may be missing where its class is shown."""
