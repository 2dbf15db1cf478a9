"""A generated client reads the answers of a later release: no answer closes its codes or its members."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.api.views import PartyView
from shared.database.databases import SERVICES
from shared.kernel.ids import new_id
from shared.web.openapi.open_answers import open_answers
from tests.api.generated import generated

Json = dict[str, Any]
TAGS = {("Unknown", "status")}
"""What tells the branches of a union apart, by schema and member: a section that was not published."""


def answered(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield every schema that can be met in an answer, with the component and the member where it stands."""
    left: list[tuple[str, str, Any]] = [
        ("", operation["operationId"], operation["responses"])
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    seen: set[str] = set()
    while left:
        name, member, found = left.pop()
        if isinstance(found, list):
            left += [(name, member, each) for each in found]
        elif isinstance(found, dict):
            reference = str(found.get("$ref", ""))
            if reference.startswith("#/components/schemas/") and reference not in seen:
                seen.add(reference)
                target = reference.rpartition("/")[2]
                left.append((target, "", document["components"]["schemas"][target]))
            yield name, member, found
            left += [(name, key, value) for key, value in found.items() if key not in ("example", "examples")]


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_closes_a_list_of_codes(service: str) -> None:
    closed = {
        (name, member)
        for name, member, schema in answered(generated()[service])
        for values in ([schema["const"]] if "const" in schema else schema.get("enum", ()),)
        if any(isinstance(value, str) for value in values)
    }
    assert closed <= TAGS


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_forbids_further_members(service: str) -> None:
    assert [
        name for name, _, schema in answered(generated()[service]) if schema.get("additionalProperties") is False
    ] == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_has_to_fit_one_branch_alone(service: str) -> None:
    assert [name for name, _, schema in answered(generated()[service]) if "oneOf" in schema] == []


def test_what_was_closed_is_known() -> None:
    schemas = generated()["intake"]["components"]["schemas"]
    assert schemas["CaseLink"]["properties"]["state"]["x-known-values"] == ["pending", "open"]
    assert schemas["Protections"]["properties"]["strength"]["x-known-values"] == ["general", "absolute"]
    assert "unknown" in schemas["Status"]["x-known-values"]


def test_the_service_itself_answers_no_member_that_it_does_not_describe() -> None:
    link = {"id": new_id(), "href": "/intake/v1/parties/1", "state": "registered", "version": 1}
    party = {**link, "kind": "person", "jurisdiction": "331123"}
    assert PartyView.model_validate(party).kind == "person"
    with pytest.raises(ValidationError, match="office"):
        PartyView.model_validate({**party, "office": "331123-dic"})


def test_what_a_request_uses_stays_as_it_is() -> None:
    def closed() -> Json:
        return {"type": "object", "properties": {"kind": {"enum": ["a"]}}, "additionalProperties": False}

    def content(name: str) -> Json:
        return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}

    operation = {"requestBody": content("Asked"), "responses": {"200": content("Told"), "201": content("Asked")}}
    document = {
        "paths": {"/things": {"post": operation}},
        "components": {"schemas": {"Asked": closed(), "Told": closed()}},
    }
    open_answers(document)
    assert document["components"]["schemas"]["Asked"] == closed()
    assert document["components"]["schemas"]["Told"] == {
        "type": "object",
        "properties": {"kind": {"x-known-values": ["a"]}},
    }
