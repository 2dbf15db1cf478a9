"""Every operation of every service refuses what bears the mark of a state secret, and nothing of it is kept."""

import logging
from typing import Any

import asyncpg
import pytest

from shared.authz.policy_engine import policies
from shared.database.databases import SERVICES
from shared.kernel.ids import new_id
from tests.reports.conftest import World

HEADS = "SELECT position FROM log.head"
KEYS = "SELECT count(*) FROM log.idempotency"


async def operations_with_a_body(world: World, service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every operation that takes a body."""
    document = (await world.http.get(f"/{service}/openapi.json")).json()
    return [
        (method, path, told)
        for path, operations in document["paths"].items()
        for method, told in operations.items()
        if "requestBody" in told
    ]


async def counted(world: World, service: str) -> list[int]:
    """Return how far the log of a service is, and how many idempotency keys it keeps."""
    connection = await asyncpg.connect(world.databases.admin(service))
    counts = [int(await connection.fetchval(query)) for query in (HEADS, KEYS)]
    await connection.close()
    return counts


@pytest.mark.parametrize("service", SERVICES)
async def test_every_body_with_a_mark_is_refused_and_forgotten(
    world: World, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = await counted(world, service)
    operations = await operations_with_a_body(world, service)
    for method, path, told in operations:
        names = [parameter["name"] for parameter in told["parameters"] if parameter["in"] == "path"]
        address = path.format(**{name: str(new_id()) for name in names})
        desk = world.desk(policies().roles(told["operationId"])[0])
        for body, pointer in (
            ({"statement": "某某某的材料。\n密级：机密"}, "/statement"),
            ({"reason": ["秘密★5年"]}, "/reason/0"),
            ({"classification": "TOP SECRET"}, "/classification"),
            ({"label": "绝密级"}, "/label"),
        ):
            headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": str(new_id()), "If-Match": '"v1"'}
            answer = await world.http.request(method, address, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, "state-secret-refused"), told["operationId"]
            assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
            assert not {"密级", "绝密级", "秘密★"} & set(answer.text.split('"'))
    assert operations
    assert await counted(world, service) == before
    assert not [record for record in caplog.records if "密" in record.getMessage() or "SECRET" in record.getMessage()]
