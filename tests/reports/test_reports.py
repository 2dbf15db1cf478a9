"""Who sees what of a report, and where it goes."""

from typing import Any

import pytest

from rongcuo.demo.client import Desk, Refused
from shared.kernel.ids import new_id
from tests.reports.conftest import (
    CONTENT,
    DESCRIBED,
    OFFICE,
    REPORTER,
    World,
    assigned,
    receipt,
    received,
    registered,
)

MASKED = {"masked": True}


async def code_of(desk: Desk, path: str) -> str:
    """Return the code with which a read is refused."""
    with pytest.raises(Refused) as refusal:
        await desk.get(path)
    return str(refusal.value.problem["code"])


async def test_the_petition_office_reads_what_it_entered(world: World) -> None:
    report = await world.petition.get(await received(world))
    assert (report["state"], report["level"], report["content"]) == ("received", "own", CONTENT)
    assert (report["person_described"], report["identity"]) == (DESCRIBED, REPORTER)


async def test_of_an_anonymous_report_there_is_no_identity(world: World) -> None:
    report = await world.petition.get(await received(world, reporter=None))
    assert "identity" not in report


@pytest.mark.parametrize(
    ("role", "claims"),
    [("dic_head", {}), ("case_mgmt", {}), ("handling_office", {"subject": "officer-17", "organisation": OFFICE})],
)
async def test_everybody_else_reads_who_reported_masked(world: World, role: str, claims: dict[str, Any]) -> None:
    path = await assigned(world)
    report = await world.desk(role, **claims).get(path)
    assert (report["state"], report["content"], report["identity"]) == ("transferred", CONTENT, MASKED)
    at_first = await world.desk(role, **claims).get(f"{path}?at_version=2")
    assert at_first["identity"] == MASKED


@pytest.mark.parametrize(
    ("role", "claims", "code"),
    [
        ("handling_office", {"subject": "officer-31", "organisation": "331123-dic-2"}, "not-found"),
        ("petition_office", {"jurisdiction": "331122"}, "not-found"),
        ("petition_office", {"jurisdiction": "331100"}, "not-found"),
        ("dic_leader", {}, "role-not-permitted"),
        ("subject", {"party": new_id()}, "role-not-permitted"),
        ("reporter", {"party": new_id()}, "role-not-permitted"),
        ("unit_party_org", {}, "role-not-permitted"),
        ("org_dept", {}, "role-not-permitted"),
        ("external_auditor", {}, "role-not-permitted"),
        ("sysadmin", {}, "role-not-permitted"),
    ],
)
async def test_nobody_else_knows_of_it(world: World, role: str, claims: dict[str, Any], code: str) -> None:
    path = await assigned(world)
    desk = world.desk(role, **claims)
    assert await code_of(desk, path) == code
    assert await code_of(desk, f"{path}/history") == code


async def test_an_officer_who_is_reported_himself_knows_nothing_of_it(world: World) -> None:
    cadre = await registered(world)
    path = await received(world, concerned=cadre)
    assert (await world.petition.get(path))["concerned"] == cadre
    for role in ("petition_office", "dic_head", "case_mgmt"):
        assert await code_of(world.desk(role, "himself", party=cadre), path) == "not-found"
    listed = await world.desk("dic_head", "himself", party=cadre).get("/intake/v1/reports?limit=200")
    assert path not in {row["href"] for row in listed["items"]}


async def test_a_list_tells_neither_who_reported_nor_whom(world: World) -> None:
    path = await assigned(world)
    for desk in (world.petition, world.handler, world.desk("dic_head"), world.desk("case_mgmt")):
        listed = await desk.until("/intake/v1/reports?limit=200", lambda page: _row(page, path) is not None)
        row = _row(listed, path)
        assert set(row or ()) == {
            "id", "href", "jurisdiction", "channel", "level", "received_on", "to_organ", "state", "entered_at",
        }  # fmt: skip
    other = world.desk("handling_office", "officer-31", organisation="331123-dic-2")
    assert _row(await other.get("/intake/v1/reports?limit=200"), path) is None


@pytest.mark.parametrize("query", ["reporter=x", "identity=x", "concerned=x", "name=x", "q=x", "subject=x"])
async def test_no_search_leads_from_a_cadre_to_a_reporter(world: World, query: str) -> None:
    assert await code_of(world.petition, f"/intake/v1/reports?{query}") == "query-parameter-unknown"


@pytest.mark.parametrize(
    ("change", "to_organ", "ground"),
    [
        ({"managed_by": "331100"}, "331100", "upper_level_cadre"),
        ({"managed_by": "330000"}, "330000", "upper_level_cadre"),
        ({"managed_by": "000000"}, "000000", "upper_level_cadre"),
        ({"head_of_organ": True}, "331100", "head_of_organ"),
    ],
)
async def test_what_has_to_go_up_leaves_a_record_without_a_word(
    world: World, change: dict[str, Any], to_organ: str, ground: str
) -> None:
    path = await received(world, **change)
    report = await world.petition.get(path)
    assert set(report) == {
        "id", "href", "state", "version", "jurisdiction", "to_organ", "ground", "received_on", "rule",
    }  # fmt: skip
    assert (report["state"], report["to_organ"], report["ground"]) == ("transferred", to_organ, ground)
    with pytest.raises(Refused, match="report-sent-up"):
        await world.petition.command(path, "assignment", {"office": OFFICE})


async def test_the_head_is_not_told_that_he_was_reported(world: World) -> None:
    path = await received(world, head_of_organ=True)
    await world.petition.until("/intake/v1/reports?limit=200", lambda page: _row(page, path) is not None)
    for role in ("dic_head", "case_mgmt"):
        assert await code_of(world.desk(role), path) == "not-found"
        assert _row(await world.desk(role).get("/intake/v1/reports?limit=200"), path) is None
    both = world.desk(("dic_head", "petition_office"), "head-1")
    assert await code_of(both, path) == "not-found"
    assert _row(await both.get("/intake/v1/reports?limit=200"), path) is None
    upper = await received(world, managed_by="331100")
    assert (await world.desk("dic_head").get(upper))["to_organ"] == "331100"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"managed_by": "331122"}, "report-not-competent", "/managed_by"),
        ({"jurisdiction": "331122", "managed_by": "331122"}, "jurisdiction-not-permitted", None),
        ({"person_described": None}, "reported-person-missing", "/concerned"),
        ({"concerned": str(new_id())}, "party-unknown", "/concerned"),
        ({"received_on": "2999-01-01"}, "date-in-future", "/received_on"),
        ({"content": "【机密】反映某某局。"}, "state-secret-refused", "/content"),
        ({"reporter": {"name": "孙某", "unit": "密级：秘密"}}, "state-secret-refused", "/reporter/unit"),
        ({"reporter": {"phone": "13900001234"}}, "content-invalid", "/reporter/name"),
    ],
)
async def test_a_report_that_cannot_be_taken_is_refused(
    world: World, change: dict[str, Any], code: str, pointer: str | None
) -> None:
    with pytest.raises(Refused) as refusal:
        await world.petition.create("/intake/v1/reports", receipt(**change))
    problem = refusal.value.problem
    assert problem["code"] == code
    assert [fault["pointer"] for fault in problem.get("errors", [])] == ([pointer] if pointer else [])


def _row(page: dict[str, Any], path: str) -> dict[str, Any] | None:
    return next((row for row in page["items"] if row["href"] == path), None)
