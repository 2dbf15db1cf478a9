"""A dry run of what seals leaves nothing behind, not even a data key."""

import asyncpg
import pytest

from rongcuo.demo.client import Desk, Json, Refused
from shared.kernel.ids import new_id
from tests.reports.conftest import COUNTY, REASON, World, assigned, receipt

DRY = "?dry_run=true"


async def keys(world: World) -> int:
    """Return how many data keys there are."""
    connection = await asyncpg.connect(world.databases.admin("keyring"))
    count: int = await connection.fetchval("SELECT count(*) FROM keyring.data_keys")
    await connection.close()
    return count


async def leaves_no_key(world: World, desk: Desk, path: str, body: Json) -> None:
    """Try a command five times, expect no key of it, then carry it out and expect one."""
    before = await keys(world)
    for _ in range(5):
        assert (await desk.create(path + DRY, body))["dry_run"] is True
    assert await keys(world) == before
    await desk.create(path, body)
    assert await keys(world) > before


async def test_of_a_report_that_was_only_tried(world: World) -> None:
    await leaves_no_key(world, world.petition, "/intake/v1/reports", receipt())


async def test_of_a_party_that_was_only_tried(world: World) -> None:
    body = {"party_id": str(new_id()), "kind": "person", "jurisdiction": COUNTY, "name": "某甲", "contact": "某路"}
    await leaves_no_key(world, world.handler, "/intake/v1/parties", body)


async def test_what_has_a_key_is_tried_with_it(world: World) -> None:
    report = await assigned(world)
    before = await keys(world)
    body = {"report_id": report.rpartition("/")[2], "fields": ["name"], "reason": REASON, "unmasking_id": str(new_id())}
    tried = await world.handler.create("/intake/v1/unmaskings" + DRY, body)
    assert [event["type"] for event in tried["events"]] == ["UnmaskingRequested"]
    await world.handler.create("/intake/v1/unmaskings", body)
    assert await keys(world) == before


async def test_a_try_that_fails_says_why(world: World) -> None:
    before = await keys(world)
    with pytest.raises(Refused) as refusal:
        await world.petition.create("/intake/v1/reports" + DRY, receipt(received_on="2999-01-01"))
    assert refusal.value.problem["status"] == 422
    assert await keys(world) == before
