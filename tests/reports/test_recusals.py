"""Who is recused 回避 from a report has nothing more to do with it, nor with who made it, from the next request on."""

import pytest

from rongcuo.demo.client import Desk, Json, Refused
from shared.kernel.ids import new_id
from shared.rules.recusal import GROUNDS
from tests.reports.conftest import OFFICE, World, assigned, receipt, received
from tests.reports.test_unmaskings import HEAD, LEADER, approve, asked, code_of, granted, sent

LISTS = ("/intake/v1/reports", "/intake/v1/unmaskings")


async def recuse(desk: Desk, report: str, person: str | None = None, ground: str = "party_or_relative") -> Json:
    """Record that `person`, or who sits at the desk, is recused."""
    await desk.get(report)
    return await desk.command(report, "recusals", {"ground": ground} | ({"person": person} if person else {}))


async def copied(desk: Desk, name: str, since: str | None = None) -> tuple[set[str], set[str], str]:
    """Return what a copy of a list learns: what is there, what is gone, and the token for the next time."""
    there, gone, token, finished = set[str](), set[str](), since, False
    while not finished:
        answer = await desk.get(f"{name}/changes?limit=200" + (f"&since={token}" if token else ""))
        there |= {item["href"] for item in answer["items"]}
        gone |= {f"{name}/{grave['id']}" for grave in answer["tombstones"]}
        finished, token = answer["next"] is None, answer["next"] or answer["delta"]
    assert token
    return there, gone, token


async def _appears(desk: Desk, path: str) -> None:
    name = path.rpartition("/")[0]
    await desk.until(f"{name}?limit=200", lambda page: any(item["href"] == path for item in page["items"]))


async def listed(desk: Desk, name: str) -> set[str]:
    """Return the paths in a list."""
    return {item["href"] for item in (await desk.get(f"{name}?limit=200"))["items"]}


@pytest.mark.parametrize("ground", GROUNDS)
async def test_who_declares_a_ground_sees_nothing_of_the_report_any_more(world: World, ground: str) -> None:
    report = await assigned(world)
    officer = world.desk("handling_office", f"officer-{ground}", organisation=OFFICE)
    await _appears(officer, report)
    await recuse(officer, report, ground=ground)
    for path in (report, f"{report}/history"):
        assert await code_of(officer, path) == "not-found"
    assert report not in await listed(officer, LISTS[0])
    with pytest.raises(Refused, match="not-found"):
        await asked(officer, report)
    colleague = world.desk("handling_office", "officer-colleague", organisation=OFFICE)
    assert report in await listed(colleague, LISTS[0])
    assert "recusals" not in await colleague.get(report)


async def test_what_he_is_answered_is_as_if_there_were_no_report(world: World) -> None:
    report = await received(world)
    clerk = world.desk("petition_office", "petition-kin", organisation="331123-petition")
    await recuse(clerk, report)
    for command, body in (("assignment", {"office": OFFICE}), ("recusals", {"ground": "witness"})):
        for etag in ('"v3"', '"v1"'):
            answers = [
                await sent(world, clerk, f"{path}/{command}", body, etag)
                for path in (report, f"/intake/v1/reports/{new_id()}")
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert len({answer.json()["code"] for answer in answers}) == 1
            assert all("since" not in answer.json() for answer in answers)
    again = receipt(report_id=report.rpartition("/")[2])
    with pytest.raises(Refused, match="id-taken"):
        await clerk.create("/intake/v1/reports", again)


async def test_no_unmasking_is_his_either_neither_before_nor_after(world: World) -> None:
    path = await granted(world)
    report = f"/intake/v1/reports/{(await world.desk(*HEAD).get(path))['report_id']}"
    kin = world.desk("dic_leader", "leader-kin")
    await _appears(kin, path)
    copies = [(desk, (await copied(desk, LISTS[1]))[2]) for desk in (kin, world.handler)]
    for person in ("leader-kin", "OFFICER-17"):  # capital letters make no other person
        await recuse(world.desk(*HEAD), report, person)
    later = await asked(world.desk(*HEAD), report)
    await _appears(world.desk(*LEADER), later)
    for desk, since in copies:
        there, gone, _ = await copied(desk, LISTS[1], since)
        assert path in gone
        assert not {path, later} & (there | await listed(desk, LISTS[1]))
        for shown in (path, f"{path}/history", f"{path}?at_version=1"):
            assert await code_of(desk, shown) == "not-found"
    assert await code_of(world.handler, f"{path}/identity") == "not-found"
    digest = {"digest": (await world.desk(*LEADER).get(later))["digest"]}
    for etag in ('"v1"', '"v7"'):
        answer = await sent(world, kin, f"{later}/approval", digest, etag)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "openings" not in await world.desk(*LEADER).get(path)
    assert await listed(world.desk(*LEADER), LISTS[1]) >= {path, later}


async def test_a_copy_of_the_list_loses_the_report(world: World) -> None:
    report = await assigned(world)
    officer = world.desk("handling_office", "officer-copy", organisation=OFFICE)
    await _appears(officer, report)
    there, _, since = await copied(officer, LISTS[0])
    assert report in there
    await recuse(officer, report)
    _, gone, _ = await copied(officer, LISTS[0], since)
    assert gone == {report}


async def test_a_head_alone_orders_and_only_he_and_the_petition_office_read_why(world: World) -> None:
    report = await assigned(world)
    for desk in (world.petition, world.handler, world.desk("case_mgmt")):
        with pytest.raises(Refused, match="recusal-of-another"):
            await recuse(desk, report, "officer-18")
    ordered = {"person": "officer-18", "ground": "interest", "by": "head-1"}
    await recuse(world.desk(*HEAD), report, "officer-18", "interest")
    for desk in (world.petition, world.desk(*HEAD)):
        assert (await desk.get(report))["recusals"] == [ordered]
    for desk in (world.handler, world.desk("case_mgmt")):
        assert "recusals" not in await desk.get(report)


async def test_of_the_head_himself_the_organ_above_decides_and_the_rest_goes_on(world: World) -> None:
    report = await received(world)
    above = world.desk("dic_head", "head-above", "331100*")
    await recuse(above, report, "head-1")
    assert await code_of(world.desk(*HEAD), report) == "not-found"
    await world.petition.get(report)
    await world.petition.command(report, "assignment", {"office": OFFICE})
    path = await asked(world.handler, report)
    for who in (LEADER, ("dic_leader", "leader-3")):
        await approve(world.desk(*who), path)
    assert (await world.handler.get(f"{path}/identity"))["identity"]
    await recuse(above, report, "officer-17")
    assert await code_of(world.handler, f"{path}/identity") == "not-found"


async def test_it_needs_one_of_the_four_grounds(world: World) -> None:
    report = await received(world)
    with pytest.raises(Refused, match="recusal-ground-unknown"):
        await recuse(world.petition, report, ground="busy")


async def test_of_what_was_sent_up_nobody_is_recused(world: World) -> None:
    report = await received(world, managed_by="331100")
    with pytest.raises(Refused, match="report-sent-up"):
        await recuse(world.petition, report)
