"""Commands pass FastAPI by; everything else about their paths is as it was."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from shared.kernel.ids import new_id
from shared.web.commands import Call, commanded
from shared.web.routes import router
from tests.web.conftest import As
from tests.web.petitions import Filing, Reasons

FILE = "/intake/v1/petitions"
Office = Annotated[Call, commanded("register_party")]


async def _two_bodies(call: Office, one: Filing, other: Reasons) -> Response: ...  # type: ignore[empty-body]
async def _a_query(call: Office, more: Annotated[str, Query()]) -> Response: ...  # type: ignore[empty-body]
async def _a_request(call: Office, request: Request) -> Response: ...  # type: ignore[empty-body]


@pytest.mark.parametrize("endpoint", [_two_bodies, _a_query, _a_request])
def test_a_command_that_asks_for_something_else_cannot_be_declared(endpoint: Any) -> None:
    with pytest.raises(TypeError, match="a command takes"):
        router("Strange").add_api_route("/strange", endpoint, methods=["POST"])


async def test_the_path_of_a_command_knows_no_other_method(client: httpx.AsyncClient, as_: As, petition: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        answer = await client.request(method, f"{petition}/acceptance", headers=as_())
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), method


async def test_an_id_that_is_none_is_not_found(client: httpx.AsyncClient, command: As) -> None:
    for name in ("1", "%00", f"{new_id()}x"):
        answer = await client.post(f"{FILE}/{name}/acceptance", json={"reasons": "齐全"}, headers=command(match=1))
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), name


@pytest.mark.parametrize("content", [b"", b"null"])
async def test_a_command_without_its_body_is_told_so(client: httpx.AsyncClient, command: As, content: bytes) -> None:
    headers = {**command(), "Content-Type": "application/json"}
    answer = await client.post(FILE, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "content-invalid")
    assert [fault["code"] for fault in answer.json()["errors"]] == ["member-missing"]


async def test_what_is_wrong_with_a_body_is_pointed_at(client: httpx.AsyncClient, command: As) -> None:
    answer = await client.post(FILE, json={"title": "", "surname": "某"}, headers=command())
    faults = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert faults == {"/title": "text-blank", "/surname": "member-unknown"}


@pytest.mark.parametrize(("value", "status"), [("true", 200), ("1", 200), ("false", 201), ("maybe", 400), ("", 400)])
async def test_a_dry_run_is_asked_for_in_clear_words(
    client: httpx.AsyncClient, command: As, value: str, status: int
) -> None:
    answer = await client.post(f"{FILE}?dry_run={value}", json={"title": "申请"}, headers=command())
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "query-parameter-invalid"
        assert answer.json()["errors"][0]["pointer"] == "?dry_run"


async def test_every_answer_to_a_command_has_the_headers_of_all(client: httpx.AsyncClient, command: As) -> None:
    for headers in (command(), {}):
        answer = await client.post(FILE, json={"title": "申请"}, headers=headers)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
