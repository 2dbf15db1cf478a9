"""What leaves without a known end, and what is looked for in the access log itself, is on record with its extent."""

import asyncio
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from shared.accesslog.records import ExportEnded, SoughtRecords
from shared.kernel.ids import new_id
from shared.web import event_stream
from tests.accesslog.site import Site
from tests.accesslog.test_answers import said

NDJSON = "application/x-ndjson"


class TestExports:
    async def test_begin_before_the_first_line_and_end_with_their_number(self, site: Site) -> None:
        head = await site.head()
        answer = await site.get("/intake/v1/events?after=2", "auditor", accept=NDJSON)
        begun, ended = await site.since(head)
        assert (said(begun).action, said(begun).after) == ("list_events", 2)
        lines = len(answer.text.splitlines())
        last = await site.run("SELECT position FROM log.head")
        assert said(ended) == ExportEnded(export=begun.event_id, lines=lines, complete=True, events=last - 2, last=last)
        assert lines == last - 2

    async def test_of_an_event_stream_count_events_and_not_the_lines_of_its_format(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(event_stream, "KEEP_ALIVE_S", 0.0)
        monkeypatch.setattr(event_stream, "LOOK_S", 0.01)
        head, last, token = (
            await site.head(),
            await site.run("SELECT position FROM log.head"),
            site.world.tokens["auditor"],
        )
        asking = site.ask("GET", "/intake/v1/events/stream", token, last_event_id=str(last - 3))
        streaming = asyncio.create_task(asking)
        await asyncio.sleep(0.5)
        streaming.cancel()
        async with asyncio.timeout(10):
            while len(await site.since(head)) < 2:
                await asyncio.sleep(0.01)
        _, ended = await site.since(head)
        assert said(ended).lines > 5 * 3, "those that keep the connection alive are lines, too"
        assert (said(ended).events, said(ended).last) == (3, last)

    async def test_that_cannot_be_recorded_do_not_begin(self, site: Site) -> None:
        await site.run("SELECT access.set_stopped('by hand')")
        answer = await site.get("/intake/v1/events", "auditor", accept=NDJSON)
        await site.run("SELECT access.set_stopped(NULL)")
        assert (answer.status_code, answer.json()["code"]) == (503, "access-record-unavailable")

    async def test_that_are_broken_off_say_so(self, site: Site) -> None:
        head = await site.head()
        token = site.world.tokens["auditor"]
        streaming = asyncio.create_task(site.ask("GET", "/intake/v1/events/stream", token, last_event_id="2"))
        async with asyncio.timeout(10):
            while not await site.since(head):
                await asyncio.sleep(0.01)
            streaming.cancel()
            while len(await site.since(head)) < 2:
                await asyncio.sleep(0.01)
        begun, ended = await site.since(head)
        assert (said(begun).action, said(begun).after) == ("stream_events", 2)
        assert (said(ended).export, said(ended).complete) == (begun.event_id, False)


class TestLookupsOfTheAuditAdministrator:
    @pytest.mark.parametrize("accept", ["application/json", NDJSON])
    async def test_name_whom_and_what_he_looked_for_whether_it_was_found_or_not(self, site: Site, accept: str) -> None:
        thing, trace_id, caller, head = new_id(), new_id(), "某甲", await site.head()
        since, before = "2026-01-01T08:00:00%2B08:00", "2026-02-01T00:00:00Z"
        query = f"thing={thing}&trace_id={trace_id}&caller={caller}&recorded_from={since}&recorded_before={before}"
        answer = await site.ask("GET", f"/intake/v1/access-records?{query}", site.as_role("auditor"), accept=accept)
        assert answer.status_code == 200, answer.text
        stored = (await site.since(head))[0]
        assert said(stored).ids == (thing, trace_id)
        assert said(stored).sought == SoughtRecords(
            caller_sha256=sha256(caller.encode()).hexdigest(),
            recorded_from=datetime(2026, 1, 1, tzinfo=UTC),
            recorded_before=datetime(2026, 2, 1, tzinfo=UTC),
        )
        assert caller.encode() not in stored.payload
        found = await site.ask("GET", f"/intake/v1/access-records?thing={thing}", site.as_role("auditor"))
        assert [item["position"] for item in found.json()["items"]] == [stored.position]
