"""Reads: ETags, the past, pages, and waiting for one's own write."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.authz.tokens import TokenVerifier
from shared.eventstore.read_after import ReadAfter
from shared.eventstore.store import EventStore
from shared.kernel.ids import new_id
from shared.kernel.instants import instant_text
from shared.web.app import create_app
from shared.web.conditional import conditional
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


async def test_the_etag_of_a_read_holds_version_and_bytes(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    answer = await client.get(moved, headers=as_())
    assert re.fullmatch(r'"v3-[0-9a-f]{24}"', answer.headers["etag"])
    assert (answer.json()["version"], answer.json()["state"]) == (3, "accepted")
    again = await client.get(moved, headers=as_())
    assert (again.content, again.headers["etag"]) == (answer.content, answer.headers["etag"])


@pytest.mark.parametrize("known", ["{}", "W/{}", '"v1", {}', '"v1",{} , "v2"'])
async def test_bytes_that_the_caller_holds_are_not_sent_again(
    client: httpx.AsyncClient, as_: As, moved: str, known: str
) -> None:
    tag = (await client.get(moved, headers=as_())).headers["etag"]
    answer = await client.get(moved, headers={**as_(), "If-None-Match": known.format(tag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert answer.headers["cache-control"] == "no-store"


async def test_what_does_not_name_the_bytes_is_answered(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    tag = (await client.get(moved, headers=as_())).headers["etag"]
    past = (await client.get(f"{moved}?at_version=2", headers=as_())).headers["etag"]
    for known in ('"v3"', "*", "v3", "", '"v33"', tag.strip('"'), tag.replace("v3", "v2"), past):
        assert (await client.get(moved, headers={**as_(), "If-None-Match": known})).status_code == 200, known


async def test_the_same_version_in_other_bytes_has_another_tag() -> None:
    """Masked, erased or in another language: version and path are the same, the bytes are not."""
    app = SimpleNamespace(state=SimpleNamespace(resources=SimpleNamespace(key=lambda _: SECRET)))

    def tag(body: bytes, path: str = "/intake/v1/petitions/1", held: str = "") -> tuple[int, str]:
        headers = [(b"if-none-match", held.encode())]
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b"", "app": app}
        answer = conditional(Request(scope), Response(body, headers={"ETag": '"v3"'}))
        return answer.status_code, answer.headers["etag"]

    shown, masked, erased = (b'{"name":"' + text + b'"}' for text in (b"A", b'"masked"', b'"erased"'))
    (_, first), others = tag(shown), [tag(masked), tag(erased), tag(shown, "/intake/v1/petitions/2")]
    assert first not in {other for _, other in others}
    assert tag(shown, held=first) == (304, first)
    assert tag(erased, held=first)[0] == 200


async def test_a_list_that_is_held_is_not_sent_again(client: httpx.AsyncClient, as_: As) -> None:
    first = await client.get(f"{NUMBERS}?limit=10", headers=as_())
    held = {**as_(), "If-None-Match": first.headers["etag"]}
    assert (await client.get(f"{NUMBERS}?limit=10", headers=held)).status_code == 304
    assert (await client.get(f"{NUMBERS}?limit=9", headers=held)).status_code == 200


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"v{version}"'])
async def test_a_command_takes_the_etag_of_the_read_and_the_bare_version(
    client: httpx.AsyncClient, command: As, petition: str, form: str
) -> None:
    read = await client.get(petition, headers=command())
    headers = command() | {"If-Match": form.format(tag=read.headers["etag"], version=read.json()["version"])}
    answer = await client.post(f"{petition}/remarks", json={"reasons": "补充"}, headers=headers)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v2"')
    stale = await client.post(f"{petition}/remarks", json={"reasons": "补充"}, headers=headers | command())
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    for wrong in (read.headers["etag"].replace("v1", "v0"), '"v1-short"', '"v1-"', '"-0011"', '"v٣"'):
        refused = await client.post(
            f"{petition}/remarks", json={"reasons": "补充"}, headers=_raw(command() | {"If-Match": wrong})
        )
        assert refused.status_code in {400, 412}, wrong


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def test_a_past_version_is_shown_as_it_was(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    for version, state, remarks in ((1, "filed", []), (2, "filed", ["第1条"]), (3, "accepted", ["第1条"])):
        answer = await client.get(f"{moved}?at_version={version}", headers=as_())
        body = answer.json()
        assert (body["version"], body["state"], body["remarks"]) == (version, state, remarks)
        assert answer.headers["etag"].startswith(f'"v{version}-')
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


async def test_a_history_is_read_as_it_stood(client: httpx.AsyncClient, as_: As, moved: str) -> None:
    everything = (await client.get(f"{moved}/history", headers=as_())).json()["items"]
    for version in (1, 2, 3):
        answer = await client.get(f"{moved}/history?at_version={version}", headers=as_())
        assert (answer.json()["items"], answer.json()["next_cursor"]) == (everything[:version], None)
    dated = await client.get(f"{moved}/history", params={"as_of": everything[1]["occurred_at"]}, headers=as_())
    assert dated.json()["items"] == everything[:2]
    first = (await client.get(f"{moved}/history?at_version=2&limit=1", headers=as_())).json()
    query = f"at_version=2&limit=1&cursor={first['next_cursor']}"
    second = (await client.get(f"{moved}/history?{query}", headers=as_())).json()
    assert (first["items"] + second["items"], second["next_cursor"]) == (everything[:2], None)
    for none in ("at_version=4", "as_of=1999-01-01T00:00:00Z"):
        assert (await client.get(f"{moved}/history?{none}", headers=as_())).status_code == 404, none


@pytest.mark.parametrize("written", ["1700000000", "2026-01-01", "2026-01-01 00:00:00Z", "٢٠٢٦-01-01T00:00:00Z"])
async def test_an_instant_is_written_in_one_way(client: httpx.AsyncClient, as_: As, moved: str, written: str) -> None:
    for path in (moved, f"{moved}/history"):
        answer = await client.get(path, params={"as_of": written}, headers=as_())
        assert (answer.status_code, answer.json()["code"]) == (400, "query-parameter-invalid")


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
    for past in ("at_version=1", "as_of=2026-01-01T00:00:00Z"):
        answer = await client.get(f"{NUMBERS}?{past}", headers=as_())
        assert (answer.status_code, answer.json()["code"]) == (400, "query-parameter-unknown"), "a list has no past"


async def test_a_cursor_holds_for_its_own_caller_only(client: httpx.AsyncClient, as_: As) -> None:
    cursor = (await client.get(f"{NUMBERS}?limit=4", headers=as_())).json()["next_cursor"]
    stolen = await client.get(f"{NUMBERS}?limit=4&cursor={cursor}", headers=as_(subject="o-2"))
    assert (stolen.status_code, stolen.json()["code"]) == (400, "cursor-invalid")


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


@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "1000000000", "x", "1_0", "%2B5", "٥", "%205", "5%20", "5.0", "0x5", ""]
)
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
