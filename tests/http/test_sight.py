"""Who sees what: officers their jurisdiction, a party its own and nothing of the investigation, auditors no text."""

from typing import Any

from tests.http.world import World

CASE = "/adjudication/v1/tolerance-cases/{case}"


async def _get(world: World, who: str, path: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {world.tokens[who]}"}
    answer = await world.http.get(path.format(**world.names), headers=headers)
    return answer.status_code, answer.json()


async def test_the_cadre_concerned_sees_its_case_but_not_the_investigation(world: World) -> None:
    status, case = await _get(world, "cadre", CASE)
    assert (status, case["state"]) == (200, "initiated")
    assert not {"officers", "investigation_records", "facts", "decided_by", "departure_reasons"} & case.keys()
    assert (await _get(world, "cadre", f"{CASE}/history"))[1]["code"] == "role-not-permitted"


async def test_who_applied_for_another_does_not_read_the_others_defence(world: World) -> None:
    path = "/adjudication/v1/tolerance-cases/{case_of_another}"
    _, mine = await _get(world, "cadre", path)
    assert mine["defences"][0]["statement"] == "某甲的申辩。"
    status, applicants = await _get(world, "person", path)
    assert (status, applicants["state"], "defences" in applicants) == (200, "defended", False)


async def test_both_the_applicant_and_the_cadre_concerned_are_told(world: World) -> None:
    for who in ("cadre", "person"):
        _, inbox = await _get(world, who, "/notification/v1/inbox")
        assert "submission_accepted" in {item["template"] for item in inbox["items"]}


async def test_somebody_else_is_told_that_there_is_nothing(world: World) -> None:
    for who in ("stranger", "officer_elsewhere"):
        status, problem = await _get(world, who, CASE)
        assert (status, problem["code"]) == (404, "not-found")


async def test_lists_are_cut_to_what_the_caller_sees(world: World) -> None:
    for who, seen in (("officer", True), ("cadre", True), ("stranger", False), ("officer_elsewhere", False)):
        _, page = await _get(world, who, "/adjudication/v1/tolerance-cases")
        assert (world.names["case"] in {item["id"] for item in page["items"]}) is seen, who


async def test_no_role_beside_an_auditors_opens_a_text(world: World) -> None:
    path = "/intake/v1/submissions/{accepted}"
    _, opened = await _get(world, "officer", path)
    assert opened["statement"] == "疏漏查码。"
    for who in ("auditor", "auditor_and_officer"):
        _, closed = await _get(world, who, path)
        assert closed["statement"]["ciphertext"]
        assert closed["found_by"]["ciphertext"]


async def test_a_role_that_has_nothing_to_do_with_cases_sees_none(world: World) -> None:
    assert (await _get(world, "archivist", CASE))[0] == 403
    assert (await _get(world, "sysadmin_and_party", CASE))[0] == 403


async def test_who_has_lost_the_role_cannot_submit_an_old_draft(world: World) -> None:
    before = await world.state()
    headers = {"Authorization": f"Bearer {world.tokens['inspector_as_applicant']}", "Idempotency-Key": "role lost"}
    body = {"submission_id": world.names["draft"]}
    answer = await world.http.post("/intake/v1/submissions", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "kind-not-permitted")
    assert await world.state() == before


async def test_writers_list_their_own_drafts_only(world: World) -> None:
    _, mine = await _get(world, "inspector", "/intake/v1/drafts?limit=200")
    _, others = await _get(world, "person", "/intake/v1/drafts")
    assert world.names["draft"] in {item["id"] for item in mine["items"]}
    assert others["items"] == []
