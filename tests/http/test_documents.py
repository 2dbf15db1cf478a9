"""What an integrator needs to know of an operation stands in its OpenAPI document."""

from typing import Any

import pytest

from shared.database.databases import SERVICES
from tests.http.world import World

OPEN_TO_ALL_CALLERS = {"list_rule_packs", "read_rule_pack", "list_event_types", "read_capabilities"}


async def _operations(world: World, service: str) -> list[tuple[str, dict[str, Any]]]:
    document = (await world.http.get(f"/{service}/openapi.json")).json()
    return [(method, told) for operations in document["paths"].values() for method, told in operations.items()]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_names_the_roles_that_may_call_it(world: World, service: str) -> None:
    untold = {told["operationId"] for _, told in await _operations(world, service) if not told.get("x-roles")}
    assert untold <= OPEN_TO_ALL_CALLERS


@pytest.mark.parametrize("service", SERVICES)
async def test_every_command_says_that_its_headers_are_needed(world: World, service: str) -> None:
    for method, told in await _operations(world, service):
        if method != "post":
            continue
        needed = {parameter["name"] for parameter in told["parameters"] if parameter.get("required")}
        creates = "201" in told["responses"]
        assert {"Idempotency-Key"} | (set() if creates else {"If-Match"}) <= needed, told["operationId"]


WITHOUT_A_PAST = ("read_draft", "read_rule_pack", "disclose_")
"""A draft is no event; a rule pack is dated by its own path, and a disclosure names its version there."""


@pytest.mark.parametrize("service", SERVICES)
async def test_whatever_has_events_can_be_read_as_it_stood(world: World, service: str) -> None:
    document = (await world.http.get(f"/{service}/openapi.json")).json()
    for path, methods in document["paths"].items():
        told = methods.get("get")
        if not told or not path.endswith(("}", "/history")) or told["operationId"].startswith(WITHOUT_A_PAST):
            continue
        names = {parameter["name"] for parameter in told["parameters"]}
        assert {"at_version", "as_of"} <= names, told["operationId"]
