"""Drafts: nobody writes over or deletes what he has not read, and a repetition is answered as the first was."""

from collections.abc import Callable
from datetime import datetime

import httpx
import pytest

from rongcuo.demo.client import Json
from services.intake.adapters.draft_table import DraftTable
from services.intake.application.drafts import Draft
from shared.kernel.ids import new_id
from tests.http.world import FINDING, World

OTHER = {"statement": "在另一台设备上改过。"}


class Sheet:
    """A draft of the inspector's, under an id of its own."""

    def __init__(self, world: World) -> None:
        self._http, self._path = world.http, f"/intake/v1/drafts/{new_id()}"
        self._body: Json = FINDING | {"concerned": world.names["cadre"]}
        self._headers = {"Authorization": f"Bearer {world.tokens['inspector']}"}

    async def put(self, change: Json | None = None, match: str | None = None, **more: str) -> httpx.Response:
        headers = self._headers | _matching(match) | more
        return await self._http.put(self._path, json=self._body | (change or {}), headers=headers)

    async def get(self) -> httpx.Response:
        return await self._http.get(self._path, headers=self._headers)

    async def delete(self, match: str | None = None) -> httpx.Response:
        return await self._http.delete(self._path, headers=self._headers | _matching(match))


def _matching(tag: str | None) -> dict[str, str]:
    return {} if tag is None else {"If-Match": tag}


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def sheet(world: World) -> Sheet:
    return Sheet(world)


TAGS: dict[str, Callable[[httpx.Response, httpx.Response], str]] = {
    "of the answer": lambda put, _: put.headers["etag"],
    "of the read": lambda _, got: got.headers["etag"],
}


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
async def test_the_version_of_a_deleted_draft_is_not_that_of_a_new_one(
    sheet: Sheet, tag: Callable[[httpx.Response, httpx.Response], str]
) -> None:
    deleted = tag(await sheet.put(), await sheet.get())
    assert (await sheet.delete(deleted)).status_code == 204
    assert _code(await sheet.put(OTHER, deleted)) == (412, "etag-stale")
    assert (await sheet.put()).status_code == 200
    for stale in (await sheet.put(OTHER, deleted), await sheet.delete(deleted)):
        assert _code(stale) == (412, "etag-stale")
    assert (await sheet.get()).json()["statement"] == FINDING["statement"]


async def test_a_draft_is_deleted_only_in_the_version_that_was_read(sheet: Sheet) -> None:
    first = (await sheet.put()).headers["etag"]
    second = (await sheet.put(OTHER)).headers["etag"]
    for stale in (first, '"v99"'):
        refused = await sheet.delete(stale)
        assert (_code(refused), refused.headers["etag"]) == ((412, "etag-stale"), second)
    assert (await sheet.delete(second)).status_code == 204
    assert _code(await sheet.delete(second)) == (404, "not-found")


async def test_what_is_deleted_while_it_is_written_over_stays_deleted(
    sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, read = DraftTable.put, (await sheet.put()).headers["etag"]

    async def after_its_deletion(shelf: DraftTable, draft: Draft, at: datetime, *, new: bool) -> bool:
        monkeypatch.undo()
        assert (await sheet.delete()).status_code == 204
        return await put(shelf, draft, at, new=new)

    monkeypatch.setattr(DraftTable, "put", after_its_deletion)
    assert _code(await sheet.put(OTHER, read)) == (412, "etag-stale")
    assert _code(await sheet.get()) == (404, "not-found")


async def test_a_draft_sent_again_over_the_version_read_is_answered_as_the_first_was(sheet: Sheet) -> None:
    read = (await sheet.put()).headers["etag"]
    key = {"Idempotency-Key": str(new_id())}
    first, again = [await sheet.put(OTHER, read, **key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
    assert _code(await sheet.put({"statement": "又在手机上改。"}, read)) == (412, "etag-stale"), (
        "other words are not the same"
    )
    await sheet.put({"statement": "再改一次。"})
    assert _code(await sheet.put(OTHER, read, **key)) == (412, "etag-stale"), "somebody has written since"
