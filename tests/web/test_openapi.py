"""The OpenAPI document and its pages: complete, and at home without the internet."""

import re
from typing import Any

import httpx
import pytest

COMMAND = "/intake/v1/petitions/{petition_id}/acceptance"


@pytest.fixture
async def spec(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/intake/openapi.json")).json()
    return found


def test_the_document_is_openapi_3_1(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1.")
    assert (spec["info"]["title"], spec["info"]["version"]) == ("受理", "1.0.0")


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    for reference in references(spec):
        target: Any = spec
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_operations_have_stable_names_summaries_and_tags(spec: dict[str, Any]) -> None:
    operations = list(each_operation(spec))
    names = [operation["operationId"] for operation in operations]
    assert "accept_petition" in names
    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["description"] and operation["tags"] for operation in operations)


def test_every_operation_tells_its_problems_with_examples(spec: dict[str, Any]) -> None:
    for operation in each_operation(spec):
        assert {"400", "401", "500", "503"} <= set(operation["responses"])
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                content = answer["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                told = [resolved(spec, example) for example in content["examples"].values()]
                assert told
                assert all(example["value"]["status"] == int(status) for example in told)


def test_a_command_tells_its_headers_and_their_problems(spec: dict[str, Any]) -> None:
    operation = spec["paths"][COMMAND]["post"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"petition_id", "dry_run", "Idempotency-Key", "If-Match", "Rongcuo-Purpose"} == names
    assert {"404", "409", "412", "413", "415", "422", "428"} <= set(operation["responses"])
    examples = operation["responses"]["422"]["content"]["application/problem+json"]["examples"]
    assert "idempotency-key-reused" in examples
    assert "HTTPValidationError" not in spec["components"]["schemas"]


def test_reads_tell_the_past_and_lists_their_cursors(spec: dict[str, Any]) -> None:
    detail = spec["paths"]["/intake/v1/petitions/{petition_id}"]["get"]
    assert {"at_version", "as_of", "If-None-Match"} <= {parameter["name"] for parameter in detail["parameters"]}
    numbers = spec["paths"]["/intake/v1/numbers"]["get"]
    edge = {"If-None-Match", "Rongcuo-Purpose"}
    own = {"limit", "cursor", "Rongcuo-Read-After", "parity"}
    assert {item["name"] for item in numbers["parameters"]} == own | edge


async def test_the_docs_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/intake/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r"(?:https?:)?//[^\s\"']+", page.text) == []
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 5
    assert "/problems" in links
    for link in links:
        answer = await client.get(link)
        assert answer.status_code == 200, link
        assert answer.headers["x-content-type-options"] == "nosniff"
    start = await client.get("/intake/docs/start.js")
    assert '"/intake/openapi.json"' in start.text
    assert "http" not in start.text


async def test_the_bundled_user_interface_reads_openapi_3_1(client: httpx.AsyncClient) -> None:
    bundle = (await client.get("/intake/docs/swagger-ui-bundle.js")).text
    version = re.search(r'PACKAGE_VERSION:"(\d+)\.', bundle)
    assert version
    assert int(version[1]) >= 5


def resolved(spec: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    target: Any = spec
    for step in value["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    found: dict[str, Any] = target
    return found


def each_operation(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for operations in spec["paths"].values() for operation in operations.values()]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for member in value.values() for found in references(member)]
    if isinstance(value, list):
        return [found for member in value for found in references(member)]
    return []
