"""A command that is sent again under another key does nothing twice, and loses nothing that is new."""

from typing import Any

import httpx

from shared.kernel.ids import new_id
from tests.http.world import FINDING, World

CASE = "/adjudication/v1/tolerance-cases"
OFFICERS = ["officer-17", "officer-23"]
DAY = "2022-05-01"
NOTE: dict[str, Any] = {"kind": "site_visit", "on": DAY, "officers": OFFICERS, "note": "到现场核实。"}
DEFENCE = {"on": DAY, "statement": "已改进。", "waiver_signed": False, "heard_by": OFFICERS}
REPORT = {
    "on": DAY,
    "facts": "属实。",
    "eligibility": "符合。",
    "situations": ["SC.4"],
    "conditions": dict.fromkeys(["selfless", "diligent", "no_private_gain", "timely_correction"], "met"),
    "exclusions": [],
    "signed_by": OFFICERS,
}


async def _send(world: World, who: str, path: str, body: dict[str, Any]) -> httpx.Response:
    """Read the resource, then send the command under a key of its own."""
    headers = {"Authorization": f"Bearer {world.tokens[who]}"}
    resource = path.rsplit("/", 1)[0]
    version = (await world.http.get(resource, headers=headers)).headers["ETag"]
    headers |= {"Idempotency-Key": str(new_id()), "If-Match": version}
    return await world.http.post(path, json=body, headers=headers)


async def test_every_step_of_a_case_sent_twice_is_taken_once(changing: World) -> None:
    case, record = f"{CASE}/{changing.names['case']}", {"record_id": str(new_id()), **NOTE}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("investigation", {"officers": OFFICERS, "opened_on": DAY}),
        ("investigation-records", record),
        ("defence", DEFENCE),
        ("report", REPORT),
    ]
    version = 0
    for step, body in steps:
        first, second = [await _send(changing, "officer", f"{case}/{step}", body) for _ in range(2)]
        assert (first.status_code, second.status_code) == (200, 200), step
        assert second.json()["version"] == first.json()["version"] > version, step
        version = first.json()["version"]
    again = await _send(changing, "officer", f"{case}/defence", DEFENCE)
    assert (again.json()["state"], again.json()["version"]) == ("reported", version)
    other = await _send(changing, "officer", f"{case}/investigation-records", record | {"note": "另一份记录。"})
    assert (other.status_code, other.json()["code"]) == (409, "record-id-taken")


async def test_another_team_does_not_supplement_what_this_one_filed(changing: World) -> None:
    submission = f"/intake/v1/submissions/{await _returned(changing)}"
    supplement = {"statement": "改写。", "situations": ["SC.1"]}
    version = {"Idempotency-Key": str(new_id()), "If-Match": '"v4"'}
    headers = {"Authorization": f"Bearer {changing.tokens['other_team']}", **version}
    refused = await changing.http.post(f"{submission}/supplement", json=supplement, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert (await _send(changing, "inspector", f"{submission}/supplement", supplement)).status_code == 200


async def test_a_case_about_somebody_unknown_is_not_begun(changing: World) -> None:
    answer = await _filed(changing, str(new_id()), FINDING | {"concerned": str(new_id())})
    assert (answer.status_code, answer.json()["code"]) == (422, "party-unknown")
    assert answer.json()["errors"][0]["pointer"] == "/concerned"


async def _returned(world: World) -> str:
    submission = str(new_id())
    await _filed(world, submission, FINDING | {"concerned": world.names["cadre"]})
    await _send(world, "officer", f"/intake/v1/submissions/{submission}/return", {"missing": "请补充。"})
    return submission


async def _filed(world: World, submission: str, draft: dict[str, Any]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {world.tokens['inspector']}", "Idempotency-Key": str(new_id())}
    await world.http.put(f"/intake/v1/drafts/{submission}", json=draft, headers=headers)
    return await world.http.post("/intake/v1/submissions", json={"submission_id": submission}, headers=headers)
