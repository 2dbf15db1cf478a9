"""The audit administrator, and nobody else, reads who was shown what."""

import json
from hashlib import sha256
from typing import Any

import pytest

from shared.authz.roles import Role
from shared.kernel.canonical import canonical_bytes
from tests.accesslog.site import Site

PATH = "/intake/v1/access-records"


async def found(site: Site, query: str) -> list[dict[str, Any]]:
    answer = await site.ask("GET", f"{PATH}?{query}", site.as_role("auditor"))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR}))
async def test_every_other_role_is_refused(site: Site, role: Role) -> None:
    answer = await site.ask("GET", PATH, site.as_role(role))
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted")


@pytest.mark.parametrize("other", ["sysadmin", "secadmin"])
async def test_two_administrators_in_one_are_refused(site: Site, other: str) -> None:
    assert (await site.ask("GET", PATH, site.as_role("auditor", other))).status_code == 403


async def test_a_trace_id_tells_why_somebody_was_refused(site: Site) -> None:
    trace_id = (await site.get("/intake/v1/parties/{cadre}", "officer_elsewhere")).json()["trace_id"]
    (item,) = await found(site, f"trace_id={trace_id}")
    assert item["trace_id"] == trace_id
    assert (item["type"], item["record"]["reason"]) == ("AccessRefused", "not-permitted")
    assert item["record"]["ids"] == [site.world.names["cadre"]]
    assert item["who"]["roles"] == ["handling_office"]


async def test_by_caller_thing_and_time(site: Site) -> None:
    await site.get("/intake/v1/parties/{cadre}")
    latest = (await found(site, f"thing={site.world.names['cadre']}"))[0]
    assert latest["record"]["action"] == "read_party"
    caller = latest["who"]["id"]
    assert {item["who"]["id"] for item in await found(site, f"caller={caller}")} == {caller}
    at = latest["recorded_at"]
    later = await found(site, f"recorded_from={at}&limit=200")
    assert later[-1]["position"] == latest["position"]
    earlier = await found(site, f"recorded_before={at}&limit=1")
    assert earlier[0]["position"] == latest["position"] - 1
    assert await found(site, "caller=nobody") == []


async def test_pages_follow_one_another_back_to_the_first_record(site: Site) -> None:
    for _ in range(5):
        await site.get("/intake/v1/parties/{cadre}")
    auditor, positions, query = site.as_role("auditor"), [], "limit=3"
    thing = f"thing={site.world.names['cadre']}&"
    while True:
        page = (await site.ask("GET", f"{PATH}?{thing}{query}", auditor)).json()
        positions += [item["position"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=3&cursor={page['next_cursor']}"
    assert positions == sorted(set(positions), reverse=True)
    assert len(positions) >= 5


async def test_ndjson_gives_all_that_match_and_anybody_can_check_each(site: Site) -> None:
    await site.get("/intake/v1/parties/{cadre}")
    query = f"thing={site.world.names['cadre']}"
    answer = await site.ask("GET", f"{PATH}?{query}", site.as_role("auditor"), accept="application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[:50] == await found(site, query)
    for item in lines:
        stands = {
            name: item[name]
            for name in ("log", "position", "stream", "version", "event_id", "type", "schema_version", "recorded_at")
        }
        for name in ("payload", "metadata"):
            stands[f"{name}_sha256"] = sha256(item[name].encode()).hexdigest()
        assert sha256(canonical_bytes(stands)).hexdigest() == item["hash"]
        assert item["log"] == "intake_access"
        assert json.loads(item["payload"])["ids"] == item["record"]["ids"]


async def test_the_audit_administrator_is_on_record_himself(site: Site) -> None:
    head = await site.head()
    await found(site, "limit=1")
    (recorded,) = await site.since(head)
    assert json.loads(recorded.payload)["action"] == "list_access_records"
    assert json.loads(recorded.payload)["last"] == head


async def test_each_service_shows_its_own(site: Site) -> None:
    for service in ("adjudication", "archive", "notification"):
        answer = await site.ask("GET", f"/{service}/v1/access-records?limit=1", site.as_role("auditor"))
        assert answer.status_code == 200
