"""Every example is what its schema allows, says something, and names values that are known."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from shared.database.databases import SERVICES
from shared.web.openapi.examples import MISSING
from tests.api.generated import generated

Json = dict[str, Any]


def operations(service: str) -> Iterator[Json]:
    """Yield the operations of a service."""
    for described in generated()[service]["paths"].values():
        yield from described.values()


def examples(operation: Json) -> Iterator[tuple[str, Json, Any]]:
    """Yield every example of an operation with its place and its schema."""
    for parameter in operation.get("parameters", ()):
        yield parameter["name"], parameter["schema"], parameter["example"]
    contents = [("request", operation.get("requestBody", {}).get("content", {}))]
    contents += [(status, answer.get("content", {})) for status, answer in operation["responses"].items()]
    for place, content in contents:
        for described in content.values():
            if "example" in described:
                yield place, described["schema"], described["example"]
            for example in described.get("examples", {}).values():
                if "value" in example:
                    yield place, described["schema"], example["value"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_is_valid(service: str) -> None:
    components = generated()[service]["components"]
    wrong = [
        f"{operation['operationId']} {place}{list(error.instance_path)}: {error.message}"
        for operation in operations(service)
        for place, schema, example in examples(operation)
        for error in jsonschema_rs.Draft202012Validator({**schema, "components": components}).iter_errors(example)
    ]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_of_an_example_has_its_words(service: str) -> None:
    silent = [
        f"{operation['operationId']} {place}: {json.dumps(example, ensure_ascii=False)}"
        for operation in operations(service)
        for place, _, example in examples(operation)
        if MISSING in json.dumps(example, ensure_ascii=False)
    ]
    assert silent == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_problem_example_is_valid(service: str) -> None:
    document = generated()[service]
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    for code, example in document["components"]["examples"].items():
        assert jsonschema_rs.is_valid(schema, example["value"]), code
        assert example["value"]["code"] == code


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_of_a_command_names_a_state_that_is_known(service: str) -> None:
    known = generated()[service]["components"]["schemas"]["CommandResult"]["properties"]["state"]["x-known-values"]
    for operation in operations(service):
        for _, _, example in examples(operation):
            if isinstance(example, dict) and {"id", "href", "state", "version"} == example.keys():
                assert example["state"] in known, operation["operationId"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_dry_run_plans_what_leads_to_the_state_that_is_answered(service: str) -> None:
    known = generated()[service]["components"]["schemas"]["PlannedEvent"]["properties"]["type"]["x-known-values"]
    for operation in operations(service):
        plans = [example for _, _, example in examples(operation) if isinstance(example, dict) and "dry_run" in example]
        for plan in plans:
            assert plan["events"], operation["operationId"]
            assert {event["type"] for event in plan["events"]} <= set(known), operation["operationId"]
            led = [event["leads_to"] for event in plan["events"] if event["leads_to"]]
            assert plan["state"] in led[-1:] or not led, operation["operationId"]


def test_a_dry_run_is_known_by_its_own_events() -> None:
    plans = {
        (service, operation["operationId"]): [event["type"] for event in example["events"]]
        for service in SERVICES
        for operation in operations(service)
        for _, _, example in examples(operation)
        if isinstance(example, dict) and "dry_run" in example
    }
    assert plans["adjudication", "open_investigation"][0] == "InvestigationOpened"
    assert plans["intake", "accept_submission"][-1] == "SubmissionAccepted"
    assert plans["notification", "acknowledge_notice"] == ["NoticeReceived"]
    assert len(set(map(tuple, plans.values()))) == len(plans)
