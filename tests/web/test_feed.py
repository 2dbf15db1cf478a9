"""The auditors' feed and the event types: enough to fold the log with other code."""

import json
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.eventstore.store import EventStore
from shared.kernel.canonical import canonical_bytes
from tests.web.conftest import As

FEED = "/intake/v1/events"


@pytest.fixture
def auditor(as_: As) -> dict[str, str]:
    return as_(roles=["external_auditor"], subject="a-1", jurisdictions=[])


@pytest.fixture
async def five(client: httpx.AsyncClient, command: As, petition: str) -> str:
    for version in range(1, 5):
        await client.post(f"{petition}/remarks", json={"reasons": "备注"}, headers=command(match=version))
    return petition


async def test_the_feed_gives_every_event_as_stored(
    client: httpx.AsyncClient, auditor: dict[str, str], five: str, store: EventStore
) -> None:
    after, items = 0, []
    while True:
        page = (await client.get(f"{FEED}?after={after}&limit=3", headers=auditor)).json()
        items += page["items"]
        after = page["next_after"]
        if after == page["head"]:
            break
        assert len(page["items"]) == 3
    stored = await store.log.read_page(after=0, limit=10_000)
    assert [item["position"] for item in items] == list(range(1, len(stored) + 1))
    for item, event in zip(items, stored, strict=True):
        assert item["payload"].encode() == event.payload
        assert item["metadata"].encode() == event.metadata
        assert item["hash"] == event.hash


async def test_a_reader_can_check_the_hash_without_our_code(
    client: httpx.AsyncClient, auditor: dict[str, str], five: str
) -> None:
    item: dict[str, Any] = (await client.get(f"{FEED}?limit=1", headers=auditor)).json()["items"][0]
    told = item.pop("hash")
    for name in ("payload", "metadata"):
        item[f"{name}_sha256"] = sha256(item.pop(name).encode()).hexdigest()
    assert sha256(canonical_bytes(item)).hexdigest() == told


async def test_ndjson_is_the_whole_rest_line_by_line(
    client: httpx.AsyncClient, auditor: dict[str, str], five: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.eventstore.log.PAGE", 2)
    answer = await client.get(f"{FEED}?after=1", headers={**auditor, "Accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    page = (await client.get(f"{FEED}?after=1&limit=1000", headers=auditor)).json()
    assert lines == page["items"]
    assert page["next_after"] == page["head"]


async def test_who_is_beyond_the_head_is_told_that_the_log_is_shorter(
    client: httpx.AsyncClient, auditor: dict[str, str]
) -> None:
    head = (await client.get(FEED, headers=auditor)).json()["head"]
    for accept in ("application/json", "application/x-ndjson"):
        answer = await client.get(f"{FEED}?after={head + 1}", headers={**auditor, "Accept": accept})
        assert (answer.status_code, answer.json()["code"]) == (409, "position-beyond-head")
        assert answer.json()["head"] == head
    assert (await client.get(f"{FEED}?after={head}", headers=auditor)).json()["items"] == []


async def test_another_program_can_fold_the_feed_by_the_published_types(
    client: httpx.AsyncClient, auditor: dict[str, str], as_: As, five: str, command: As
) -> None:
    await client.post(f"{five}/acceptance", json={"reasons": "齐全"}, headers=command(match=5))
    types = {
        item["type"]: item for item in (await client.get("/intake/v1/event-types", headers=auditor)).json()["items"]
    }
    shown: dict[str, Any] = {"state": None, "remarks": []}
    for item in (await client.get(f"{FEED}?limit=1000", headers=auditor)).json()["items"]:
        if UUID(item["stream"].split("-", 1)[1]) != UUID(five.rsplit("/", 1)[1]):
            continue
        known, payload = types[item["type"]], json.loads(item["payload"])
        shown["state"] = known["leads_to"] or shown["state"]
        shown |= {name: payload[name] for name in known["sets"]}
        if known["appends_to"]:
            shown[known["appends_to"]].append(payload["text"])
    read = (await client.get(five, headers=as_())).json()
    assert {name: shown[name] for name in ("state", "title", "remarks")} == {
        name: read[name] for name in ("state", "title", "remarks")
    }


async def test_event_types_publish_what_an_event_does(client: httpx.AsyncClient, auditor: dict[str, str]) -> None:
    items = (await client.get("/intake/v1/event-types", headers=auditor)).json()["items"]
    filed = next(item for item in items if item["type"] == "PetitionFiled")
    assert filed["json_schema"]["properties"]["title"]["type"] == "string"
    del filed["json_schema"]
    assert filed == {
        "type": "PetitionFiled",
        "aggregate": "petition",
        "schema_version": 1,
        "public": False,
        "leads_to": "filed",
        "sets": ["jurisdiction", "title"],
        "appends_to": None,
        "sealed": ["name"],
        "deprecations": [],
    }
