"""A permission that changes holds from the next request on, for the thing itself and for the list that had it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from rongcuo.demo.client import Refused
from tests.access.callers import COUNTY, OFFICE, OTHER_OFFICE, Who
from tests.access.cases import CASES, DEFENCE, GRANTABLE, OFFICERS, grant_to, record
from tests.access.submissions import SUBMISSIONS, file
from tests.access.world import World

GROUNDS = ("party_or_relative", "witness", "interest", "other")


@pytest.fixture(scope="module", autouse=True)
async def _working(world: World) -> AsyncIterator[None]:
    async with world.working():
        yield


class Eyes:
    """What somebody sees of one case."""

    def __init__(self, world: World, who: Who, role: str) -> None:
        self._world = world
        self._headers = {"Authorization": f"Bearer {world.tokens.token(who, role)}"}
        self._case = world.names["case county spare"]

    async def sees(self) -> bool:
        """Tell whether he reads the case and finds it in his list; both must agree at every moment."""
        answer = await self._world.http.get(f"{CASES}/{self._case}", headers=self._headers)
        page = (await self._world.http.get(f"{CASES}?limit=200", headers=self._headers)).json()
        assert answer.status_code in {200, 404}, answer.text
        assert (answer.status_code == 200) == (self._case in {item["id"] for item in page["items"]})
        return answer.status_code == 200

    async def version(self) -> str:
        """Return the ETag of the case as he reads it."""
        return (await self._world.http.get(f"{CASES}/{self._case}", headers=self._headers)).headers["ETag"]

    async def post(self, command: str, body: dict[str, Any], *, key: str, version: str) -> httpx.Response:
        """Send a command."""
        headers = {"Idempotency-Key": key, "If-Match": version} | self._headers
        return await self._world.http.post(f"{CASES}/{self._case}/{command}", json=body, headers=headers)


async def _command(world: World, command: str, body: dict[str, Any] | None = None) -> None:
    await world.desks.leader().command(f"{CASES}/{world.names['case county spare']}", command, body)


@pytest.mark.parametrize("role", GRANTABLE)
async def test_a_grant_that_is_ended_is_over_at_once(world: World, role: str) -> None:
    eyes = Eyes(world, Who(subject=f"{role}-guest"), role)
    assert not await eyes.sees()
    grant = grant_to(f"{role}-guest", role, world.clock() + timedelta(hours=1))
    await _command(world, "access-grants", grant)
    assert await eyes.sees()
    await _command(world, f"access-grants/{grant['grant_id']}/end")
    assert not await eyes.sees()


async def test_grants_end_by_themselves(world: World) -> None:
    watching = [Eyes(world, Who(subject=f"{role}-short"), role) for role in GRANTABLE]
    for role in GRANTABLE:
        await _command(world, "access-grants", grant_to(f"{role}-short", role, world.clock() + timedelta(minutes=5)))
    assert [await eyes.sees() for eyes in watching] == [True] * len(GRANTABLE)
    world.clock.ahead += timedelta(minutes=6)
    assert [await eyes.sees() for eyes in watching] == [False] * len(GRANTABLE)


@pytest.mark.parametrize("ground", GROUNDS)
async def test_a_recusal_on_each_of_the_four_grounds_holds_at_once_and_for_this_person_only(
    world: World, ground: str
) -> None:
    eyes, colleague = (
        Eyes(world, Who(subject=subject), "handling_office") for subject in (f"officer-{ground}", "officer-77")
    )
    assert await eyes.sees()
    await _command(world, "recusals", {"person": f"officer-{ground}", "ground": ground})
    assert not await eyes.sees()
    assert await colleague.sees()


@pytest.mark.parametrize("subject", ["f:6a1f:wang", "某某 甲", "a" * 128, "乙" * 128], ids=len)
async def test_whoever_gets_in_can_be_named_and_kept_out(world: World, subject: str) -> None:
    officer, guest = (
        Eyes(world, Who(subject=subject), "handling_office"),
        Eyes(world, Who(subject=f"{subject[:-1]}客"), "expert_group"),
    )
    visit = record() | {"officers": [subject, OFFICERS[0]]}
    assert (await officer.post("investigation-records", visit, key="named", version=await officer.version())).is_success
    await _command(
        world, "access-grants", grant_to(f"{subject[:-1]}客", "expert_group", world.clock() + timedelta(hours=1))
    )
    assert (await officer.sees(), await guest.sees()) == (True, True)
    for person in (subject, f"{subject[:-1]}客"):
        await _command(world, "recusals", {"person": person, "ground": "interest"})
    assert (await officer.sees(), await guest.sees()) == (False, False)


@pytest.mark.parametrize("subject", ["officer\u200b17", "officer\t17", " officer-17", "a" * 129, ""], ids=ascii)
async def test_a_name_that_no_token_can_have_names_nobody(world: World, subject: str) -> None:
    eyes = Eyes(world, Who(subject="leader-01", organisation="331123-dic"), "dic_leader")
    body = {"person": subject, "ground": "interest"}
    answer = await eyes.post("recusals", body, key=f"nobody {len(subject)}", version=await eyes.version())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/person")


async def test_who_recuses_himself_is_told_so_again_and_nothing_else(world: World) -> None:
    eyes = Eyes(world, Who(subject="officer-scruple"), "handling_office")
    version, declared = await eyes.version(), {"ground": "interest"}
    first = await eyes.post("recusals", declared, key="scruple", version=version)
    again = await eyes.post("recusals", declared, key="scruple", version=version)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    for key, body in (("anew", declared), ("scruple", {"ground": "other"})):
        assert (await eyes.post("recusals", body, key=key, version=version)).status_code == 404
    assert not await eyes.sees()


async def test_who_was_recused_after_his_own_act_is_not_told_of_it_again(world: World) -> None:
    eyes = Eyes(world, Who(subject="officer-late"), "handling_office")
    version, visit = await eyes.version(), record()
    assert (await eyes.post("investigation-records", visit, key="late", version=version)).status_code == 200
    await _command(world, "recusals", {"person": "officer-late", "ground": "witness"})
    assert (await eyes.post("investigation-records", visit, key="late", version=version)).status_code == 404


async def test_a_committee_member_who_is_recused_keeps_nothing_of_a_grant(world: World) -> None:
    eyes = Eyes(world, Who(subject="member-31"), "adjudication_committee")
    grant = grant_to("member-31", "adjudication_committee", world.clock() + timedelta(hours=1))
    await _command(world, "access-grants", grant)
    assert await eyes.sees()
    await _command(world, "recusals", {"person": "member-31", "ground": "witness"})
    assert not await eyes.sees()


async def test_an_office_loses_a_case_when_another_one_gets_it(world: World) -> None:
    old, new = (Eyes(world, Who(organisation=office), "handling_office") for office in (OFFICE, OTHER_OFFICE))
    assert (await old.sees(), await new.sees()) == (True, False)
    await _command(world, "assignment", {"office": OTHER_OFFICE})
    assert (await old.sees(), await new.sees()) == (False, True)
    await _command(world, "assignment", {"office": OFFICE})
    assert (await old.sees(), await new.sees()) == (True, False)


@pytest.mark.parametrize("role", ["adjudication_committee", "trial_office", "review_team"])
async def test_who_investigated_is_never_granted_the_case_to_judge_it(world: World, role: str) -> None:
    desk = world.desks.leader()
    case = f"{CASES}/{world.names['case county spare']}"
    await desk.get(case)
    answer = await world.http.post(
        f"{case}/access-grants",
        json=grant_to(OFFICERS[1], role, world.clock() + timedelta(hours=1)),
        headers={"Authorization": f"Bearer {desk.token}", "Idempotency-Key": role, "If-Match": desk.etags[case]},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "investigator-cannot-decide")


@pytest.mark.parametrize("step", ["investigation-records", "defence"])
async def test_who_enters_a_step_of_the_investigation_has_investigated_though_it_names_others(
    world: World, step: str
) -> None:
    clerk = Eyes(world, Who(subject=f"clerk-{step}"), "handling_office")
    body = record() if step == "investigation-records" else DEFENCE | {"statement": "又作补充申辩。"}
    assert (await clerk.post(step, body, key=step, version=await clerk.version())).status_code == 200
    grant = grant_to(f"clerk-{step}", "adjudication_committee", world.clock() + timedelta(hours=1))
    with pytest.raises(Refused) as refusal:
        await _command(world, "access-grants", grant)
    assert refusal.value.problem["code"] == "investigator-cannot-decide"


async def test_nobody_but_a_leader_recuses_somebody_else(world: World) -> None:
    desk = world.desks.clerk()
    case = f"{CASES}/{world.names['case county spare']}"
    await desk.get(case)
    answer = await world.http.post(
        f"{case}/recusals",
        json={"person": "officer-77", "ground": "witness"},
        headers={"Authorization": f"Bearer {desk.token}", "Idempotency-Key": "another", "If-Match": desk.etags[case]},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "recusal-of-another")


async def test_who_is_recused_before_the_acceptance_is_out_of_the_case_as_well(world: World) -> None:
    submission = await file(world.desks, world.names, COUNTY)
    path = f"{SUBMISSIONS}/{submission}"
    await world.desks.leader().command(path, "recusals", {"person": "officer-kin", "ground": "party_or_relative"})
    await world.desks.clerk().command(path, "acceptance", {})
    accepted = await world.desks.leader().until(path, lambda answer: answer["case"]["state"] == "open")
    case = f"{CASES}/{accepted['case']['id']}"
    for subject, status in (("officer-kin", 404), ("officer-77", 200)):
        headers = {"Authorization": f"Bearer {world.tokens.token(Who(subject=subject), 'handling_office')}"}
        for shown in (path, case):
            assert (await world.http.get(shown, headers=headers)).status_code == status
            page = (await world.http.get(f"{shown.rpartition('/')[0]}?limit=200", headers=headers)).json()
            listed = shown.rpartition("/")[2] in {item["id"] for item in page["items"]}
            assert listed == (status == 200)
    told = {"person": "officer-kin", "ground": "party_or_relative", "by": "leader-01"}
    assert (await world.desks.leader().get(path))["recusals"] == [told]
    assert (await world.desks.leader().get(case))["recusals"] == [told]
