"""What cannot be put on record is not shown."""

from typing import Any

import pytest

from shared.accesslog import recorder
from shared.kernel.ids import new_id
from tests.accesslog.site import Site


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

    @pytest.mark.parametrize(("query", "match"), [("?dry_run=true", '"v1"'), ("", '"v0"')])
    async def test_a_command_that_only_shows_fails_and_shows_nothing(
        self, site: Site, broken: None, query: str, match: str
    ) -> None:
        answer = await site.ask(
            "POST",
            f"/intake/v1/submissions/{{submitted}}/return{query}",
            site.world.tokens["officer"],
            {"missing": "缺少日期。"},
            idempotency_key=str(new_id()),
            if_match=match,
        )
        assert (answer.status_code, answer.json()["code"]) == (503, "access-record-unavailable")
        assert not {"events", "state", "since", "current_version"} & set(answer.json())
        assert "etag" not in answer.headers

    async def test_refusals_stay_refusals(self, site: Site, broken: None) -> None:
        assert (await site.get("/intake/v1/parties/{cadre}", "officer_elsewhere")).status_code == 404
        assert (await site.get("/intake/v1/parties/{cadre}", "archivist")).status_code == 403

    async def test_what_shows_no_content_goes_on(self, site: Site, broken: None) -> None:
        assert (await site.get("/intake/v1/rule-packs")).status_code == 200
