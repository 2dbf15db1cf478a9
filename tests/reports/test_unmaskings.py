"""Whose identity is opened to whom, by whom, and for how long."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from rongcuo.demo.client import Desk, Json, Refused
from shared.kernel.ids import new_id
from tests.reports.conftest import OFFICE, REASON, REPORTER, World, assigned, received, registered

HEAD, LEADER = ("dic_head", "head-1"), ("dic_leader", "leader-2")


@pytest.fixture(autouse=True)
async def back(world: World) -> AsyncIterator[None]:
    """Turn the clock back behind every test."""
    yield
    world.clock.ahead = timedelta()


async def asked(desk: Desk, report: str, *fields: str) -> str:
    """Ask for fields of the identity in a report, and return the path of the unmasking."""
    body = {
        "unmasking_id": str(new_id()),
        "report_id": report.rpartition("/")[2],
        "fields": fields or ("name", "phone"),
        "reason": REASON,
    }
    return str((await desk.create("/intake/v1/unmaskings", body))["href"])


async def approve(desk: Desk, path: str) -> Json:
    """Approve what stands there."""
    return await desk.command(path, "approval", {"digest": (await desk.get(path))["digest"]})


async def granted(world: World) -> str:
    """Ask as the office that has the report, and let two leaders approve."""
    path = await asked(world.handler, await assigned(world))
    for who in (HEAD, LEADER):
        await approve(world.desk(*who), path)
    return path


async def code_of(desk: Desk, path: str) -> str:
    """Return the code with which a read is refused."""
    with pytest.raises(Refused) as refusal:
        await desk.get(path)
    return str(refusal.value.problem["code"])


async def test_two_approvals_open_what_was_asked_for_to_who_asked(world: World) -> None:
    report = await assigned(world)
    path = await asked(world.handler, report)
    unmasking = await world.desk(*HEAD).get(path)
    assert (unmasking["state"], unmasking["reason"], unmasking["fields"]) == ("requested", REASON, ["name", "phone"])
    assert await code_of(world.handler, f"{path}/identity") == "unmasking-not-granted"
    assert (await approve(world.desk(*HEAD), path))["state"] == "requested"
    assert await code_of(world.handler, f"{path}/identity") == "unmasking-not-granted"
    assert (await approve(world.desk(*LEADER), path))["state"] == "granted"
    opened = await world.handler.get(f"{path}/identity")
    assert opened["identity"] == {name: REPORTER[name] for name in ("name", "phone")}
    assert (await world.handler.get(report))["identity"] == {"masked": True}


async def test_every_reading_is_an_event_that_says_who(world: World) -> None:
    path = await granted(world)
    before = (await world.handler.get(path))["version"]
    for _ in range(2):
        await world.handler.get(f"{path}/identity", **{"X-Request-Id": "0190f1c0-0000-7000-8000-000000000001"})
    unmasking = await world.desk(*HEAD).get(path)
    assert unmasking["version"] == before + 2
    assert [opening["fields"] for opening in unmasking["openings"]] == [["name", "phone"]] * 2
    assert all(opening["reader"].endswith("#officer-17") for opening in unmasking["openings"])


async def test_every_reading_is_on_the_access_record(world: World) -> None:
    path = await granted(world)
    await world.handler.get(f"{path}/identity")
    connection = await asyncpg.connect(world.databases.admin("intake"))
    rows = await connection.fetch(
        "SELECT payload FROM access.events WHERE convert_from(payload, 'UTF8') LIKE $1", f"%{path.rpartition('/')[2]}%"
    )
    await connection.close()
    assert any(b"read_reporter_identity" in row["payload"] and b"reporter.phone" in row["payload"] for row in rows)


async def test_nobody_else_reads_it_within_the_hour(world: World) -> None:
    path = await granted(world)
    others = (
        world.desk(*HEAD),
        world.desk("handling_office", "officer-18", organisation=OFFICE),
        world.desk("handling_office", "officer-17", "331122", organisation=OFFICE),
    )
    for desk in others:
        assert await code_of(desk, f"{path}/identity") == "not-found"
    for role in ("dic_leader", "petition_office", "case_mgmt", "external_auditor", "sysadmin", "subject"):
        assert await code_of(world.desk(role), f"{path}/identity") == "role-not-permitted"


async def test_it_closes_with_the_hour(world: World) -> None:
    path = await granted(world)
    world.clock.ahead = timedelta(minutes=59)
    await world.handler.get(f"{path}/identity")
    world.clock.ahead = timedelta(minutes=60)
    assert await code_of(world.handler, f"{path}/identity") == "unmasking-closed"
    version = (await world.handler.get(path))["version"]
    assert await code_of(world.handler, f"{path}/identity") == "unmasking-closed"
    assert (await world.handler.get(path))["version"] == version


@pytest.mark.parametrize("first", [True, False])
async def test_the_head_who_asks_does_not_approve(world: World, first: bool) -> None:
    path = await asked(world.desk(*HEAD), await received(world))
    if not first:
        await approve(world.desk(*LEADER), path)
    with pytest.raises(Refused, match="approver-is-requester"):
        await approve(world.desk(*HEAD), path)
    assert await code_of(world.desk(*HEAD), f"{path}/identity") == "unmasking-not-granted"


async def test_one_leader_counts_once_whatever_his_role(world: World) -> None:
    path = await asked(world.handler, await assigned(world))
    await approve(world.desk(*HEAD), path)
    same = world.desk("dic_leader", "head-1")
    with pytest.raises(Refused, match="approver-has-approved"):
        await same.command(path, "approval", {"digest": "0" * 64})
    assert (await approve(same, path))["state"] == "requested"
    assert await code_of(world.handler, f"{path}/identity") == "unmasking-not-granted"


async def test_an_approval_is_of_what_was_read(world: World) -> None:
    path = await asked(world.handler, await assigned(world))
    with pytest.raises(Refused, match="approval-of-something-else"):
        await world.desk(*HEAD).command(path, "approval", {"digest": "0" * 64})


async def test_nobody_asks_about_what_he_does_not_see(world: World) -> None:
    report = await assigned(world)
    other = world.desk("handling_office", "officer-31", organisation="331123-dic-2")
    for desk, path in ((other, report), (world.handler, f"/intake/v1/reports/{new_id()}")):
        with pytest.raises(Refused, match="not-found"):
            await asked(desk, path)
    for role in ("petition_office", "case_mgmt", "dic_leader", "external_auditor"):
        with pytest.raises(Refused, match="role-not-permitted"):
            await asked(world.desk(role), report)


@pytest.mark.parametrize("change", [{"reporter": None}, {"managed_by": "331100"}])
async def test_an_anonymous_reporter_cannot_be_asked_for(world: World, change: dict[str, Any]) -> None:
    report = await received(world, **change)
    with pytest.raises(Refused, match="unmasking-without-identity"):
        await asked(world.desk(*HEAD), report)


async def test_who_is_reported_himself_learns_of_no_unmasking(world: World) -> None:
    cadre = await registered(world)
    path = await asked(world.handler, await assigned(world, concerned=cadre))
    await approve(world.desk(*HEAD), path)
    digest = {"digest": (await world.desk(*LEADER).get(path))["digest"]}
    assert "concerned" not in await world.desk(*LEADER).get(path)
    await world.desk(*LEADER).until("/intake/v1/unmaskings?limit=200", lambda page: path in _listed(page))
    for role in ("dic_head", "dic_leader"):
        himself = world.desk(role, "himself", party=cadre, organisation="331123-dic")
        for shown in (path, f"{path}/history"):
            assert await code_of(himself, shown) == "not-found"
        assert path not in _listed(await himself.get("/intake/v1/unmaskings?limit=200"))
        for etag in ('"v1"', '"v2"'):
            answer = await sent(world, himself, f"{path}/approval", digest, etag)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
            assert "since" not in answer.json()
    assert (await world.desk(*LEADER).get(path))["state"] == "requested"


async def test_an_open_identity_closes_for_who_has_the_report_no_more(world: World) -> None:
    path = await granted(world)
    await world.handler.get(f"{path}/identity")
    moved = world.desk("handling_office", "officer-17", organisation="331123-dic-2")
    assert await code_of(moved, f"{path}/identity") == "not-found"
    assert len((await world.desk(*HEAD).get(path))["openings"]) == 1


async def sent(world: World, desk: Desk, path: str, body: Json, etag: str) -> httpx.Response:
    """Send a command with this If-Match."""
    headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": str(new_id()), "If-Match": etag}
    return await world.http.post(path, json=body, headers=headers)


async def test_a_list_shows_leaders_all_and_others_their_own(world: World) -> None:
    path = await granted(world)
    for desk, seen in ((world.desk(*LEADER), True), (world.handler, True), (_colleague(world), False)):
        await world.desk(*LEADER).until("/intake/v1/unmaskings?limit=200", lambda page: path in _listed(page))
        assert (path in _listed(await desk.get("/intake/v1/unmaskings?limit=200"))) == seen


def _colleague(world: World) -> Desk:
    return world.desk("handling_office", "officer-18", organisation=OFFICE)


def _listed(page: Json) -> set[str]:
    return {row["href"] for row in page["items"]}
