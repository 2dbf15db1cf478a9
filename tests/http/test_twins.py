"""The same command from two connections at once, as an impatient phone sends it: done once, answered twice alike."""

import asyncio

import httpx

from shared.kernel.ids import new_id
from tests.http.world import FINDING, World

TWINS = 5


async def test_twins_of_a_submission_are_stored_once_and_answered_alike(world: World) -> None:
    submission, inspector = str(new_id()), {"Authorization": f"Bearer {world.tokens['inspector']}"}
    draft = FINDING | {"concerned": world.names["cadre"]}
    await world.http.put(f"/intake/v1/drafts/{submission}", json=draft, headers=inspector)
    before = await _head(world)
    answers = await _twins(world, "/intake/v1/submissions", {"submission_id": submission}, inspector)
    assert [answer.status_code for answer in answers] == [201] * TWINS
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["location"] for answer in answers} == {f"/intake/v1/submissions/{submission}"}
    assert {answer.headers["etag"] for answer in answers} == {'"v1"'}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == TWINS - 1
    assert await _head(world) == before + 1


async def test_twins_of_a_draft_are_all_taken(world: World) -> None:
    path, inspector = f"/intake/v1/drafts/{new_id()}", {"Authorization": f"Bearer {world.tokens['inspector']}"}
    draft = FINDING | {"concerned": world.names["cadre"]}
    answers = await asyncio.gather(*(world.http.put(path, json=draft, headers=inspector) for _ in range(TWINS)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    versions = sorted(answer.json()["version"] for answer in answers)
    assert versions == list(range(versions[0], versions[0] + TWINS))
    assert {answer.headers["etag"] for answer in answers} == {f'"v{version}"' for version in versions}


async def test_the_same_words_again_under_another_key_are_no_event(world: World) -> None:
    party = {"party_id": str(new_id()), "kind": "person", "jurisdiction": "331123", "name": "某丁"}
    officer = {"Authorization": f"Bearer {world.tokens['officer']}"}
    before = await _head(world)
    for attempt in range(3):
        answer = await _post(world, "/intake/v1/parties", party, officer, f"again {attempt} {party['party_id']}")
        assert (answer.status_code, answer.headers["etag"]) == (201, '"v1"')
    assert await _head(world) == before + 1


async def test_registrations_of_different_people_under_one_id_leave_one_party(world: World) -> None:
    party_id = str(new_id())
    officer = {"Authorization": f"Bearer {world.tokens['officer']}"}
    people = [
        {"party_id": party_id, "kind": "person", "jurisdiction": "331123", "name": f"某{name}"} for name in "戊己庚辛壬"
    ]
    before = await _head(world)
    pairs = await asyncio.gather(
        *(
            _post(world, "/intake/v1/parties", person, officer, f"{number} {party_id}")
            for number, person in enumerate(people)
        )
    )
    codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in pairs)
    assert codes == [(201, ""), *[(409, "party-already-registered")] * (TWINS - 1)]
    assert await _head(world) == before + 1


async def _twins(world: World, path: str, body: dict[str, str], who: dict[str, str]) -> list[httpx.Response]:
    key = str(new_id())
    return await asyncio.gather(*(_post(world, path, body, who, key) for _ in range(TWINS)))


async def _post(world: World, path: str, body: dict[str, str], who: dict[str, str], key: str) -> httpx.Response:
    return await world.http.post(path, json=body, headers={**who, "Idempotency-Key": f"twin {key}"})


async def _head(world: World) -> int:
    (head, *_), *_ = await world.state()
    return int(head)
