"""Reads: ETags, the past, pages, and waiting for one's own write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.authz.tokens import TokenVerifier
from shared.eventstore.read_after import ReadAfter
from shared.eventstore.store import EventStore
from shared.kernel.ids import new_id
from shared.kernel.instants import instant_text
from shared.web.app import create_app
from tests.web.conftest import As, running
from tests.web.petitions import SECRET, service

NUMBERS = "/intake/v1/numbers"


@pytest.fixture
async def moved(client: httpx.AsyncClient, command: As, petition: str) -> str:
    """A petition with three versions: filed, remarked, accepted."""
    for version, path in ((1, "remarks"), (2, "acceptance")):
        answer = await client.post(
            f"{petition}/{path}", json={"reasons": f"第{version}条"}, headers=command(match=version)
        )
        assert answer.status_code == 200
    return petition


async def test_a_read_has_the_version_as_its_etag(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    answer = await client.get(moved, headers=as_())
    assert (answer.headers["etag"], answer.json()["version"], answer.json()["state"]) == ('"v3"', 3, "accepted")


@pytest.mark.parametrize("known", ['"v3"', 'W/"v3"', '"v1", "v3"', "*"])
async def test_a_known_version_is_not_sent_again(client: httpx.AsyncClient, as_: As, moved: str, known: str) -> None:
    answer = await client.get(moved, headers={**as_(), "If-None-Match": known})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"v3"')
    assert answer.headers["cache-control"] == "no-store"


async def test_another_version_is_sent(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    for known in ('"v2"', "v3", "", '"v33"'):
        assert (await client.get(moved, headers={**as_(), "If-None-Match": known})).status_code == 200


async def test_a_past_version_is_shown_as_it_was(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    for version, state, remarks in ((1, "filed", []), (2, "filed", ["第1条"]), (3, "accepted", ["第1条"])):
        answer = await client.get(f"{moved}?at_version={version}", headers=as_())
        body = answer.json()
        assert (body["version"], body["state"], body["remarks"]) == (version, state, remarks)
        assert answer.headers["etag"] == f'"v{version}"'
    assert (await client.get(f"{moved}?at_version=4", headers=as_())).status_code == 404


async def test_a_past_instant_is_shown_as_it_was(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    items = (await client.get(f"{moved}/history", headers=as_())).json()["items"]
    answer = await client.get(moved, params={"as_of": items[1]["occurred_at"]}, headers=as_())
    assert answer.json()["version"] == 2
    before = datetime.fromisoformat(items[0]["occurred_at"]) - timedelta(seconds=1)
    assert (await client.get(moved, params={"as_of": instant_text(before)}, headers=as_())).status_code == 404
    later = instant_text(datetime(2999, 1, 1, tzinfo=UTC))
    assert (await client.get(moved, params={"as_of": later}, headers=as_())).json()["version"] == 3


async def test_a_read_of_what_is_not_visible_says_not_found(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    hidden = as_(jurisdictions=["110000"])
    for path in (moved, f"{moved}?at_version=1", f"{moved}/history"):
        assert (await client.get(path, headers=hidden)).json()["code"] == "not-found"
    assert (await client.get(f"/intake/v1/petitions/{new_id()}", headers=as_())).json()["code"] == "not-found"


async def test_the_history_tells_who_did_what_when_without_content(
    client: httpx.AsyncClient, as_: As, moved: str, store: EventStore
) -> None:
    answer = await client.get(f"{moved}/history", headers=as_())
    items = answer.json()["items"]
    assert [(item["version"], item["type"], item["leads_to"]) for item in items] == [
        (1, "PetitionFiled", "filed"),
        (2, "RemarkAdded", None),
        (3, "PetitionAccepted", "accepted"),
    ]
    assert items[0]["actor"] == {"issuer": "urn:rongcuo:development", "id": "o-1", "roles": ["handling_office"]}
    stored = await store.log.read_stream(f"petition-{moved.rsplit('/', 1)[1]}")
    assert [item["hash"] for item in items] == [event.hash for event in stored]
    assert [ReadAfter(SECRET).position(item["position_token"], "intake") for item in items] == [
        event.position for event in stored
    ]
    assert "第1条" not in answer.text


async def test_a_list_is_read_page_by_page(client: httpx.AsyncClient, as_: As) -> None:
    found, url = [], f"{NUMBERS}?limit=4&parity=any"
    for expected in (4, 4, 2):
        answer = await client.get(url, headers=as_())
        page = answer.json()
        found += page["items"]
        assert len(page["items"]) == expected
        url = answer.links["next"]["url"] if page["next_cursor"] else ""
        assert (page["next_cursor"] or "") in url
        assert ("next" in answer.links) == (page["next_cursor"] is not None)
    assert found == list(range(10))
    assert url == ""


async def test_a_cursor_holds_for_its_own_query_only(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    cursor = (await client.get(f"{NUMBERS}?limit=4", headers=as_())).json()["next_cursor"]
    assert (await client.get(f"{NUMBERS}?limit=2&cursor={cursor}", headers=as_())).json()["items"] == [4, 5]
    last = "A" if cursor[-1] != "A" else "E"
    for url in (
        f"{NUMBERS}?parity=odd&cursor={cursor}",
        f"{moved}/history?cursor={cursor}",
        f"{NUMBERS}?cursor={cursor[:-1]}{last}",
        f"{NUMBERS}?cursor=",
        f"{NUMBERS}?cursor=!",
        f"{NUMBERS}?cursor=容",
    ):
        answer = await client.get(url, headers=as_())
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid"), url


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1000000000", "x"])
async def test_the_size_of_a_page_is_bounded(client: httpx.AsyncClient, as_: As, limit: str) -> None:
    answer = await client.get(f"{NUMBERS}?limit={limit}", headers=as_())
    assert (answer.status_code, answer.json()["code"]) == (400, "query-parameter-invalid")
    assert answer.json()["errors"][0]["pointer"] == "?limit"


async def test_a_list_waits_for_the_callers_own_write(store: EventStore, verifier: TokenVerifier, as_: As) -> None:
    asked: list[Any] = []

    async def behind(model: str, position: int, seconds: float) -> bool:
        asked.append((model, position, seconds))
        return position <= 7

    token = ReadAfter(SECRET)
    async with running(create_app(service(store, verifier, wait_for=behind))) as client:
        for value, status, code in (
            (None, 200, None),
            (token.token("intake", 7), 200, None),
            (token.token("intake", 8), 503, "read-model-behind"),
            (token.token("archive", 7), 400, "read-after-invalid"),
            ("x" * 32, 400, "read-after-invalid"),
        ):
            marks = {"Rongcuo-Read-After": value} if value else {}
            answer = await client.get(NUMBERS, headers={**as_(), **marks})
            assert (answer.status_code, answer.json().get("code")) == (status, code)
            assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    assert asked == [("numbers", 7, 2.0), ("numbers", 8, 2.0)]
