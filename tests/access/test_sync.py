"""Delta sync: a copy that follows the tokens is the caller's list, and nothing else is told on the way."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.access.callers import CITY, COUNTY, ELSEWHERE, Who
from tests.access.cases import CASES, grant_to
from tests.access.copies import LEADER, Copy, headers_of, in_, lead
from tests.access.world import World

LISTS = (CASES, "/intake/v1/submissions", "/archive/v1/dossiers", "/notification/v1/inbox")


@pytest.fixture(scope="module", autouse=True)
async def _working(world: World) -> AsyncIterator[None]:
    async with world.working():
        yield


@pytest.mark.parametrize("path", LISTS)
async def test_a_copy_from_nothing_is_the_list_and_then_nothing_changes(world: World, path: str) -> None:
    party = Who(subject="person-cadre", party=world.names["cadre"])
    role, who = ("subject", party) if path.endswith("inbox") else ("dic_leader", LEADER)
    copy = await Copy(world, headers_of(world, role, who), path).sync()
    assert copy.rows == await copy.listed() != {}
    before = dict(copy.rows)
    assert not await copy.page()
    assert (copy.rows, copy.buried) == (before, set())


async def test_a_case_comes_with_a_grant_and_leaves_with_it(world: World) -> None:
    guest = Who(subject="expert-sync")
    copy = await Copy(world, headers_of(world, "expert_group", guest)).sync()
    assert copy.rows == {}
    case, grant = world.names["case county spare"], grant_to(guest.subject, "expert_group", in_(world, hours=1))
    await lead(world, "access-grants", grant)
    assert set((await copy.sync()).rows) == {case}
    await lead(world, f"access-grants/{grant['grant_id']}/end")
    assert (await copy.sync()).buried == {case}
    assert copy.rows == {}
    assert (await copy.sync()).buried == set(), "it is buried once"


async def test_a_case_leaves_when_a_grant_ends_by_itself(world: World) -> None:
    guest = Who(subject="expert-brief")
    await lead(world, "access-grants", grant_to(guest.subject, "expert_group", in_(world, minutes=5)))
    copy = await Copy(world, headers_of(world, "expert_group", guest)).sync()
    assert set(copy.rows) == {world.names["case county spare"]}
    world.clock.ahead += timedelta(minutes=6)
    assert (await copy.sync()).buried == {world.names["case county spare"]}


async def test_who_never_saw_a_case_is_not_told_that_it_left(world: World) -> None:
    absent = await Copy(world, headers_of(world, "expert_group", Who(subject="expert-absent"))).sync()
    late = await Copy(world, headers_of(world, "expert_group", Who(subject="expert-late"))).sync()
    grant = grant_to("expert-late", "expert_group", in_(world, hours=1))
    await lead(world, "access-grants", grant)
    await lead(world, f"access-grants/{grant['grant_id']}/end")
    for copy in (absent, late):
        assert ((await copy.sync()).rows, copy.buried) == ({}, set())


async def test_a_recusal_takes_the_case_from_who_is_recused_and_from_nobody_else(world: World) -> None:
    case = world.names["case county unassigned"]
    recused = await Copy(world, headers_of(world, "handling_office", Who(subject="officer-sync"))).sync()
    colleague = await Copy(world, headers_of(world, "handling_office", Who(subject="officer-beside"))).sync()
    assert case in recused.rows
    await lead(world, "recusals", {"person": "officer-sync", "ground": "witness"}, "case county unassigned")
    assert (await recused.sync()).buried == {case}
    # His row has changed in nothing that the list shows, so he is not even told that something happened.
    assert not await colleague.page()
    assert colleague.buried == set()
    assert case in colleague.rows


async def test_another_jurisdiction_learns_nothing(world: World) -> None:
    far = await Copy(world, headers_of(world, "dic_leader", Who(ELSEWHERE, subject="leader-far"))).sync()
    await lead(world, "recusals", {"person": "officer-moved", "ground": "other"})
    assert ((await far.sync()).rows, far.buried) == ({}, set())


async def test_a_copy_of_a_filtered_list_is_the_filtered_list(world: World) -> None:
    copy = await Copy(world, headers_of(world, "dic_leader"), query="limit=3&state=initiated").sync()
    assert copy.rows == await copy.listed() != {}
    assert {row["state"] for row in copy.rows.values()} == {"initiated"}
    assert (await Copy(world, copy.headers, query="limit=3&state=of-tomorrow").sync()).rows == {}


async def test_a_token_holds_for_its_caller_path_and_filter_only(world: World) -> None:
    copy = Copy(world, headers_of(world, "dic_leader"))
    assert await copy.page()
    token = copy.since
    other = {
        "another caller": Copy(world, headers_of(world, "dic_leader", Who(subject="leader-other")), since=token),
        "another filter": Copy(world, copy.headers, query="limit=3&state=concluded", since=token),
        "another list": Copy(world, copy.headers, "/intake/v1/submissions", since=token),
        "nothing": Copy(world, copy.headers, since="AAAA"),
        "no letters": Copy(world, copy.headers, since="容错"),
    }
    for case, wrong in other.items():
        answer = await wrong.get()
        assert (answer.status_code, answer.json()["code"]) == (400, "sync-token-invalid"), case
    assert (await Copy(world, copy.headers, query="limit=9", since=token).get()).status_code == 200


@pytest.mark.parametrize("changed", ["role", "jurisdiction", "organisation", "party"])
async def test_changed_grants_begin_anew(world: World, changed: str) -> None:
    copy = await Copy(world, headers_of(world, "dic_leader")).sync()
    now = {
        "role": headers_of(world, "dic_head"),
        "jurisdiction": headers_of(world, "dic_leader", Who(CITY, subject=LEADER.subject)),
        "organisation": headers_of(world, "dic_leader", Who(COUNTY, "331123-dic-9", LEADER.subject)),
        "party": headers_of(world, "dic_leader", Who(subject=LEADER.subject, party=world.names["cadre"])),
    }
    answer = await Copy(world, now[changed], since=copy.since).get()
    assert (answer.status_code, answer.json()["code"]) == (410, "sync-restart")
    assert "since" not in answer.links["start"]["url"]
    again = await world.http.get(answer.links["start"]["url"], headers=now[changed])
    assert again.status_code == 200


async def test_a_cursor_holds_for_its_caller_only(world: World) -> None:
    answer = await world.http.get(f"{CASES}?limit=1", headers=headers_of(world, "dic_leader"))
    stranger = headers_of(world, "dic_leader", Who(subject="leader-other"))
    stolen = await world.http.get(f"{CASES}?limit=1&cursor={answer.json()['next_cursor']}", headers=stranger)
    assert (stolen.status_code, stolen.json()["code"]) == (400, "cursor-invalid")


async def test_a_poll_of_what_has_not_changed_is_304(world: World) -> None:
    guest = Who(subject="expert-poll")
    case, grant = world.names["case county spare"], grant_to(guest.subject, "expert_group", in_(world, hours=1))
    await lead(world, "access-grants", grant)
    copy = await Copy(world, headers_of(world, "expert_group", guest)).sync()
    first = await copy.get()
    copy.headers["If-None-Match"] = first.headers["etag"]
    await lead(world, "recusals", {"person": "officer-polled", "ground": "other"})
    again = await copy.get()
    assert (again.status_code, again.content) == (304, b""), "the log has gone on, and his list has not"
    assert first.json()["delta"] == copy.since
    await lead(world, f"access-grants/{grant['grant_id']}/end")
    assert (await copy.sync()).buried == {case}


async def test_a_page_of_a_list_with_more_is_304(world: World) -> None:
    headers = headers_of(world, "dic_leader")
    first = await world.http.get(f"{CASES}?limit=1", headers=headers)
    assert first.json()["next_cursor"]
    held = headers | {"If-None-Match": first.headers["etag"]}
    assert (await world.http.get(f"{CASES}?limit=1", headers=held)).status_code == 304


async def test_who_may_not_list_may_not_synchronise(world: World) -> None:
    for path in LISTS:
        answer = await world.http.get(f"{path}/changes", headers=headers_of(world, "audit"))
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted")


NO_COPIES = ("/history", "/drafts", "/access-records")
"""What happened does not change, drafts are no events, and the access record is not carried about."""


@pytest.mark.parametrize("service", ["intake", "adjudication", "archive", "notification"])
async def test_every_list_of_the_documents_can_be_kept_in_a_copy(world: World, service: str) -> None:
    paths = (await world.http.get(f"/{service}/openapi.json")).json()["paths"]
    asked = {
        path: {told["name"] for told in methods["get"].get("parameters", ())}
        for path, methods in paths.items()
        if "get" in methods
    }
    lists = [path for path, names in asked.items() if "cursor" in names and not path.endswith(NO_COPIES)]
    assert lists
    for path in lists:
        assert asked[f"{path}/changes"] - {"since"} == asked[path] - {"cursor"}
    told = await world.http.get(f"/{service}/v1/capabilities", headers=headers_of(world, "audit"))
    assert set(told.json()["features"]["delta_sync"]) == {f"{path}/changes" for path in lists}
