"""What is shown is on record before it leaves, whatever the route; what is refused is on record, too."""

import asyncio
import json
from typing import Any, cast
from uuid import UUID

import pytest

from rongcuo.programs import PROGRAMS
from shared.accesslog import recorder
from shared.accesslog.records import AccessRefused, CaseContentRead, ExportBegun, ExportEnded, told
from shared.authz.policy_engine import policies
from shared.hosting.installation import Installation
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata
from shared.kernel.recorded import Recorded
from shared.web.access_records import access_records
from shared.web.app import Service
from shared.web.authentication import Guard
from shared.web.feed import feed
from shared.web.routes import GuardedRoute
from tests.accesslog.site import Site

CASE = "/adjudication/v1/tolerance-cases/{case}"
NDJSON = "application/x-ndjson"


def said(recorded: Recorded) -> Any:
    """Return what a record says; a test knows of which kind it is."""
    return told(recorded)


async def only(site: Site, head: int, service: str = "intake") -> tuple[Any, Metadata]:
    """Return the one record that was written after `head`, and its metadata."""
    (recorded,) = await site.since(head, service)
    return said(recorded), Metadata.decode(recorded.metadata)


class TestRecords:
    async def test_of_one_thing_name_it_its_members_and_the_texts_that_were_opened(self, site: Site) -> None:
        head = await site.head()
        answer = await site.get("/intake/v1/parties/{cadre}", rongcuo_purpose="case-handling")
        record, metadata = await only(site, head)
        assert answer.status_code == 200
        assert (record.action, record.resource) == ("read_party", "parties")
        assert record.ids == (UUID(site.world.names["cadre"]),)
        assert set(record.fields) == set(answer.json())
        assert set(record.opened) == {"party.name"} | ({"party.contact"} if answer.json()["contact"] else set())
        assert (record.version, record.status) == (1, 200)
        assert {"record", "identity"} <= set(record.classes)
        assert metadata.actor.id
        assert metadata.actor.roles == ("handling_office",)
        assert (str(metadata.correlation), metadata.purpose) == (answer.headers["x-request-id"], "case-handling")
        assert metadata.policy
        assert metadata.policy.ids == ("party.officers",)
        assert metadata.policy.digest == policies().digest

    async def test_hold_no_text_and_no_name(self, site: Site) -> None:
        await site.get("/intake/v1/parties/{cadre}")
        await site.get("/intake/v1/submissions/{accepted}")
        stored = b"".join(event.payload + event.metadata for event in await site.since(0))
        for word in ("某甲", "疏漏", "督查组"):
            assert word.encode() not in stored

    async def test_of_a_reader_whose_texts_stay_closed_open_none(self, site: Site) -> None:
        head = await site.head()
        await site.get("/intake/v1/submissions/{accepted}", "auditor")
        record, metadata = await only(site, head)
        assert record.opened == ()
        assert metadata.policy
        assert metadata.policy.ids == ("submission.leaders",)

    async def test_of_a_list_name_every_thing_on_the_page(self, site: Site) -> None:
        head = await site.head()
        answer = await site.get("/intake/v1/submissions?limit=2")
        record, metadata = await only(site, head)
        assert [str(thing) for thing in record.ids] == [item["id"] for item in answer.json()["items"]]
        assert len(record.ids) == 2
        assert record.action == "list_submissions"
        assert metadata.policy
        assert "submission.handling" in metadata.policy.ids

    async def test_of_the_past_say_which(self, site: Site) -> None:
        head = await site.head()
        await site.get("/intake/v1/submissions/{accepted}?at_version=1")
        await site.get("/intake/v1/submissions/{accepted}?as_of=2999-01-01T00:00:00%2B08:00")
        first, second = [said(recorded) for recorded in await site.since(head)]
        assert (first.at_version, first.as_of, first.version) == (1, None, 1)
        assert (second.at_version, second.as_of.isoformat()) == (None, "2998-12-31T16:00:00+00:00")

    async def test_of_a_feed_say_from_where_to_where(self, site: Site) -> None:
        head = await site.head()
        await site.get("/intake/v1/events?after=2&limit=3", "auditor")
        record, _ = await only(site, head)
        assert (record.first, record.last, record.ids) == (3, 5, ())

    async def test_history_inbox_and_dossier(self, site: Site) -> None:
        for path, who, resource in (
            (f"{CASE}/history", "officer", "tolerance-cases"),
            ("/notification/v1/inbox", "cadre", "inbox"),
            ("/archive/v1/dossiers", "archivist", "dossiers"),
        ):
            service = path.split("/")[1]
            head = await site.head(service)
            assert (await site.get(path, who)).status_code == 200
            record, _ = await only(site, head, service)
            assert (type(record), record.resource) == (CaseContentRead, resource)

    async def test_are_written_for_what_the_caller_holds_already_and_for_a_head(self, site: Site) -> None:
        path = "/intake/v1/submissions/{accepted}"
        tag = (await site.get(path)).headers["etag"]
        head = await site.head()
        assert (await site.get(path, if_none_match=tag)).status_code == 304
        assert (await site.ask("HEAD", path, site.world.tokens["officer"])).status_code == 200
        same, headless = [said(recorded) for recorded in await site.since(head)]
        assert (same.status, headless.status) == (304, 200)
        assert same.ids == headless.ids == (UUID(site.world.names["accepted"]),)

    async def test_of_a_hundred_at_once_are_a_hundred_without_a_hole(self, site: Site) -> None:
        head = await site.head()
        paths = [f"/intake/v1/{thing}" for thing in ("parties/{cadre}", "submissions/{accepted}")] * 50
        answers = await asyncio.gather(*(site.get(path) for path in paths))
        records = await site.since(head)
        assert [recorded.position for recorded in records] == list(range(head + 1, head + 101))
        traces = {str(Metadata.decode(recorded.metadata).correlation) for recorded in records}
        assert traces == {answer.headers["x-request-id"] for answer in answers}

    async def test_move_no_etag_and_no_business_log(self, site: Site) -> None:
        before = await site.world.state()
        tags = [(await site.get(CASE)).headers["etag"] for _ in range(3)]
        assert len(set(tags)) == 1
        assert await site.world.state() == before

    async def test_are_not_written_for_what_everybody_may_read(self, site: Site) -> None:
        head = await site.head()
        for path in ("rule-packs", "event-types", "rule-packs/331123/1999-01-01"):
            await site.get(f"/intake/v1/{path}")
        assert await site.since(head) == []


class TestExports:
    async def test_begin_before_the_first_line_and_end_with_their_number(self, site: Site) -> None:
        head = await site.head()
        answer = await site.get("/intake/v1/events?after=2", "auditor", accept=NDJSON)
        begun, ended = await site.since(head)
        assert (said(begun).action, said(begun).after) == ("list_events", 2)
        lines = len(answer.text.splitlines())
        assert said(ended) == ExportEnded(export=begun.event_id, lines=lines, complete=True)
        assert lines == await site.run("SELECT position FROM log.head") - 2

    async def test_that_cannot_be_recorded_do_not_begin(self, site: Site) -> None:
        await site.run("SELECT access.set_stopped('by hand')")
        answer = await site.get("/intake/v1/events", "auditor", accept=NDJSON)
        await site.run("SELECT access.set_stopped(NULL)")
        assert (answer.status_code, answer.json()["code"]) == (503, "access-record-unavailable")


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "who", "status", "reason"),
        [
            ("/intake/v1/submissions/{accepted}", "officer_elsewhere", 404, "not-permitted"),
            ("/intake/v1/submissions/018f0000-0000-7000-8000-00000000ffff", "officer", 404, "not-there"),
            ("/intake/v1/submissions/{accepted}", "archivist", 403, None),
        ],
    )
    async def test_are_on_record_with_what_the_caller_was_not_said(
        self, site: Site, path: str, who: str, status: int, reason: str | None
    ) -> None:
        head = await site.head()
        answer = await site.get(path, who)
        record, metadata = await only(site, head)
        assert answer.status_code == status
        assert isinstance(record, AccessRefused)
        assert (record.action, record.code) == ("read_submission", answer.json()["code"])
        assert (record.status, record.reason) == (status, reason)
        assert str(record.ids[0]) == path.format_map(site.world.names).rsplit("/", 1)[1]
        assert str(metadata.correlation) == answer.json()["trace_id"]

    async def test_of_commands_are_on_record_and_their_success_is_not(self, site: Site) -> None:
        path = "/intake/v1/submissions/{submitted}/return"
        head = await site.head()
        for token in (site.world.tokens["officer_elsewhere"], site.world.tokens["archivist"]):
            answer = await site.ask("POST", path, token, idempotency_key=str(new_id()), if_match='"v1"')
            assert answer.status_code in (403, 404, 422)
        refused = [said(recorded) for recorded in await site.since(head)]
        assert {record.action for record in refused} == {"return_submission"}
        assert all(isinstance(record, AccessRefused) for record in refused)
        head = await site.head()
        answer = await site.world.http.post(
            path.format_map(site.world.names) + "?dry_run=true",
            json={"missing": "缺少日期。"},
            headers={
                "Authorization": f"Bearer {site.world.tokens['officer']}",
                "Idempotency-Key": str(new_id()),
                "If-Match": '"v1"',
            },
        )
        assert answer.status_code == 200, answer.text
        assert await site.since(head) == []

    async def test_without_a_token_are_not_recorded_here(self, site: Site) -> None:
        head = await site.head()
        for token in ("", "not.a.token", site.world.tokens["expired"]):
            assert (await site.ask("GET", "/intake/v1/parties/{cadre}", token)).status_code == 401
        assert await site.since(head) == []

    async def test_keep_nothing_of_a_path_that_is_no_id(self, site: Site) -> None:
        head = await site.head()
        assert (await site.get("/intake/v1/parties/某甲")).status_code == 404
        record, _ = await only(site, head)
        assert record.ids == ()


class TestWithoutAnAccessLog:
    """The log is stopped, or the database refuses: nothing is shown, and who is refused is refused."""

    @pytest.fixture(params=["stopped", "refused"])
    async def broken(self, request: pytest.FixtureRequest, site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(recorder, "WITHIN_S", 0.5)
        role = site.world.databases.role("intake")
        breaking, mending = {
            "stopped": ("SELECT access.set_stopped('by hand')", "SELECT access.set_stopped(NULL)"),
            "refused": (
                f'REVOKE EXECUTE ON FUNCTION access.append FROM "{role}"',
                f'GRANT EXECUTE ON FUNCTION access.append TO "{role}"',
            ),
        }[request.param]
        await site.run(breaking)
        yield
        await site.run(mending)
        monkeypatch.setattr(recorder, "WITHIN_S", 10.0)
        assert (await site.get("/intake/v1/parties/{cadre}")).status_code == 200

    @pytest.mark.parametrize("path", ["parties/{cadre}", "submissions", "submissions/{accepted}/history"])
    async def test_reads_fail_and_show_nothing(self, site: Site, broken: None, path: str) -> None:
        answer = await site.get(f"/intake/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (503, "access-record-unavailable")
        assert answer.headers["retry-after"]
        assert "etag" not in answer.headers
        assert not {"items", "name", "id"} & set(answer.json())

    async def test_a_caller_who_holds_the_version_is_told_nothing(self, site: Site, broken: None) -> None:
        answer = await site.get("/intake/v1/parties/{cadre}", if_none_match='"v1"')
        assert answer.status_code == 503

    async def test_refusals_stay_refusals(self, site: Site, broken: None) -> None:
        assert (await site.get("/intake/v1/parties/{cadre}", "officer_elsewhere")).status_code == 404
        assert (await site.get("/intake/v1/parties/{cadre}", "archivist")).status_code == 403

    async def test_what_shows_no_content_goes_on(self, site: Site, broken: None) -> None:
        assert (await site.get("/intake/v1/rule-packs")).status_code == 200


async def test_every_read_of_every_service_writes_one_record(site: Site) -> None:
    """Whoever adds a route that shows content without a record is found here, whatever the route is."""
    wrong = []
    reads = [
        (name, route)
        for name, program in PROGRAMS.items()
        for route in _reads(program.describe(cast("Installation", None)))
    ]
    for service, route in reads:
        head, path = await site.head(service), "/".join(map(_filled, route.path.split("/")))
        roles = policies().roles(_action(route))
        answer = await site.ask("GET", f"/{service}/v1{path}", site.as_role(roles[0], subject=f"of-{roles[0]}"))
        assert answer.status_code in (200, 404), (path, answer.text)
        records = await site.since(head, service)
        if [said(recorded).model_dump().get("action") for recorded in records] != [route.name]:
            wrong.append(f"{service} {route.path}: {[recorded.type for recorded in records]}")
    assert wrong == []
    assert len(reads) >= 20


def _reads(service: Service) -> list[GuardedRoute]:
    """Return the routes that show what not everybody may read."""
    routers = [*service.routers, feed, access_records]
    routes = [route for router in routers for route in router.routes if isinstance(route, GuardedRoute)]
    return [route for route in routes if "GET" in (route.methods or ()) and not policies().published(_action(route))]


def _action(route: GuardedRoute) -> str:
    guard = next(part.call for part in route.dependant.dependencies if isinstance(part.call, Guard))
    return guard.action or route.name


def _filled(step: str) -> str:
    return str(new_id()) if step.startswith("{") else step


async def test_an_export_that_is_broken_off_says_so(site: Site) -> None:
    head = await site.head()
    token = site.world.tokens["auditor"]
    async with site.world.http.stream(
        "GET", "/intake/v1/events", headers={"Authorization": f"Bearer {token}", "Accept": NDJSON}
    ) as answer:
        assert answer.status_code == 200
    begun = (await site.since(head))[0]
    assert isinstance(said(begun), ExportBegun)
    assert json.loads(begun.payload)["after"] is None
