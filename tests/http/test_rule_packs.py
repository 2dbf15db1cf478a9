"""Clients read the rules that their requests are judged by."""

from tests.http.world import World

PACKS = "/intake/v1/rule-packs"


async def test_a_pack_names_its_codes_and_shows_what_is_unpublished(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.tokens['person']}"}
    (row,) = (await world.http.get(PACKS, headers=headers)).json()["items"]
    assert (row["version"], row["name"]) == ("331123/2020-01-01", "遂昌县")
    pack = (await world.http.get(row["href"], headers=headers)).json()
    situations = {entry["code"]: entry for entry in pack["situations"]}
    assert (situations["SC.8"]["label"], situations["SC.8"]["status"]) == (None, "unknown")
    assert situations["SC.X"]["open_class"]
    assert pack["archive_targets"]["status"] == "unknown"
    assert all(entry["reference"] for entry in pack["situations"])


async def test_a_pack_that_is_not_held_is_not_found(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.tokens['person']}"}
    answer = await world.http.get(f"{PACKS}/330302/2019-06-14", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await world.http.get(PACKS)).json()["code"] == "token-missing"
