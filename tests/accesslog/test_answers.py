"""What is shown is on record before it leaves, whatever the route; what is refused is on record, too."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.accesslog.records import AccessRefused, CaseContentRead, told
from shared.authz.development import DEVELOPMENT_ISSUER
from shared.authz.policy_engine import policies
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata
from shared.kernel.recorded import Recorded
from tests.accesslog.site import Site

CASE = "/adjudication/v1/tolerance-cases/{case}"


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
        answer = await site.get("/intake/v1/parties/{cadre}", rongcuo_purpose="case_handling")
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
        assert (str(metadata.correlation), metadata.purpose) == (answer.headers["x-request-id"], "case_handling")
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
        record, _ = await only(site, head)
        assert isinstance(record, CaseContentRead), "a trial shows what is there"
        assert (record.action, record.status) == ("return_submission", 200)
        assert set(record.fields) == {"dry_run", "state", "version", "events"}
        assert record.ids == (UUID(site.world.names["submitted"]),)

    async def test_that_tell_what_has_happened_since_are_reads_by_who_may_read_the_history(self, site: Site) -> None:
        path = "/intake/v1/submissions/{accepted}/return"
        head = await site.head()
        answer = await site.ask(
            "POST",
            path,
            site.world.tokens["officer"],
            idempotency_key=str(new_id()),
            if_match='"v0"',
            body={"missing": "缺少日期。"},
        )
        assert (answer.status_code, answer.json()["code"]) == (412, "etag-stale"), answer.text
        record, metadata = await only(site, head)
        assert (record.action, record.status) == ("return_submission", 412)
        assert record.version == answer.json()["current_version"] == len(answer.json()["since"])
        assert record.ids == (UUID(site.world.names["accepted"]),)
        assert set(record.fields) == {"current_version", "since"}
        assert metadata.policy
        assert metadata.policy.ids == ("submission.handling",)

    async def test_tell_nothing_of_the_history_to_who_may_not_read_it(self, site: Site) -> None:
        head = await site.head()
        path, token = "/intake/v1/submissions/{withdrawn}", site.world.tokens["person"]
        answer = await site.ask(
            "POST", f"{path}/withdrawal", token, idempotency_key=str(new_id()), if_match='"v0"', body={}
        )
        assert (answer.status_code, answer.json()["code"]) == (412, "etag-stale"), answer.text
        assert "since" not in answer.json()
        assert answer.json()["current_version"] == 2
        assert answer.headers["etag"] == '"v2"'
        assert await site.since(head) == []

    async def test_of_somebody_whose_access_was_withdrawn_are_on_record(self, site: Site) -> None:
        """What everybody may read is no exception: that he was here is what matters."""
        body = {"issuer": DEVELOPMENT_ISSUER, "subject": "leaver", "reason": "left-office"}
        withdrawn = await site.ask(
            "POST", "/intake/v1/withdrawals", site.as_role("secadmin"), body, idempotency_key=str(new_id())
        )
        assert withdrawn.status_code == 201, withdrawn.text
        token, head = site.as_role("dic_head", subject="leaver"), await site.head()
        paths = ("submissions/{accepted}", "submissions", "event-types", "access-records")
        for path in paths:
            answer = await site.ask("GET", f"/intake/v1/{path}", token)
            assert (answer.status_code, answer.json()["code"]) == (403, "access-withdrawn"), path
        records = await site.since(head)
        assert [said(recorded).code for recorded in records] == ["access-withdrawn"] * len(paths)
        assert said(records[0]).action == "read_submission"
        assert {Metadata.decode(recorded.metadata).actor.roles for recorded in records} == {("dic_head",)}

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
