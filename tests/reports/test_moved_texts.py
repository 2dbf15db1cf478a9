"""Whoever writes the tables past the service reads nothing by it: a text is shown only where it was sealed to stand."""

import json
import logging
from collections.abc import AsyncIterator

import asyncpg
import pytest

from rongcuo.demo.client import Desk, Json, Refused
from shared.kernel.ids import new_id
from tests.reports.conftest import CONTENT, COUNTY, DESCRIBED, REPORTER, World, received

DRAFT: Json = {
    "kind": "finding",
    "jurisdiction": COUNTY,
    "found_by": "督查组",
    "found_on": "2022-04-20",
    "situations": ["SC.4"],
    "act_on": "2022-04-18",
    "statement": "疏漏查码。",
    "other_situation": "另有情形。",
}
TEXTS = (CONTENT, DESCRIBED, *REPORTER.values(), DRAFT["statement"], DRAFT["other_situation"])
_EVENT = "SELECT convert_from(payload, 'UTF8') FROM log.events WHERE stream = 'report-' || $1 AND type = $2"
_SAY = "UPDATE log.events SET payload = convert_to($2, 'UTF8') WHERE stream = 'report-' || $1 AND version = 1"
_PUT = "UPDATE app.drafts SET content = jsonb_set(content, ARRAY[$2::text], $3::jsonb) WHERE id = $1"
FORGERIES = {
    "content": 'UPDATE app.drafts SET content = content || \'{"kind": "application"}\' WHERE id = $1',
    "number": "UPDATE app.drafts SET content = content || '{\"kind\": 1.5}' WHERE id = $1",
    "matter": "UPDATE app.drafts SET matter = id WHERE id = $1",
    "version": "UPDATE app.drafts SET version = version + 1 WHERE id = $1",
    "mac": "UPDATE app.drafts SET mac = ''::bytea WHERE id = $1",
    "row of another": "UPDATE app.drafts SET (mac, content) = "
    "(SELECT mac, content FROM app.drafts WHERE id <> $1 LIMIT 1) WHERE id = $1",
}


@pytest.fixture
async def tables(world: World) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who may write every table of intake."""
    connection = await asyncpg.connect(world.databases.admin("intake"))
    yield connection
    await connection.close()


@pytest.fixture
def accomplice(world: World) -> Desk:
    """Somebody with drafts of his own, and of nobody else's."""
    return world.desk("inspection_team", f"inspector-{new_id()}")


async def drafted(desk: Desk) -> str:
    """Write a draft and return its id."""
    draft = str(new_id())
    await desk.put(f"/intake/v1/drafts/{draft}", DRAFT | {"concerned": str(new_id())})
    return draft


def tail(path: str) -> str:
    """Return the id with which a path ends."""
    return path.rpartition("/")[2]


async def shows_nothing(desk: Desk, path: str, body: Json | None = None) -> None:
    """Expect the answer to be that of our own mistakes, without a word of any text."""
    with pytest.raises(Refused) as refusal:
        await (desk.create(path, body) if body else desk.get(path))
    assert (refusal.value.problem["status"], refusal.value.problem["code"]) == (500, "internal-error")
    assert not any(text in json.dumps(refusal.value.problem, ensure_ascii=False) for text in TEXTS)


@pytest.mark.parametrize(
    ("event", "path"), [("ReporterIdentified", ("identity", "name")), ("ReportReceived", ("content",))]
)
async def test_a_text_put_into_a_draft_is_not_shown(
    world: World,
    tables: asyncpg.Connection,
    accomplice: Desk,
    caplog: pytest.LogCaptureFixture,
    event: str,
    path: tuple[str, ...],
) -> None:
    draft, envelope = (
        await drafted(accomplice),
        json.loads(await tables.fetchval(_EVENT, tail(await received(world)), event)),
    )
    for member in path:
        envelope = envelope[member]
    await tables.execute(_PUT, draft, "statement", json.dumps(envelope))
    with caplog.at_level(logging.ERROR):
        for place in (f"/intake/v1/drafts/{draft}", "/intake/v1/drafts"):
            await shows_nothing(accomplice, place)
        await shows_nothing(accomplice, "/intake/v1/submissions", {"submission_id": draft})
    assert f"the draft {draft} is not what was put there" in caplog.text
    assert not any(text in caplog.text for text in (*TEXTS, envelope["ciphertext"]))


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
async def test_a_row_that_the_service_did_not_write_is_no_draft(
    tables: asyncpg.Connection, accomplice: Desk, forgery: str
) -> None:
    other, draft = await drafted(accomplice), await drafted(accomplice)
    await tables.execute(forgery, draft)
    await shows_nothing(accomplice, f"/intake/v1/drafts/{draft}")
    assert (await accomplice.get(f"/intake/v1/drafts/{other}"))["statement"] == DRAFT["statement"]


async def test_a_draft_given_to_another_is_not_shown_to_him(
    world: World, tables: asyncpg.Connection, accomplice: Desk
) -> None:
    draft = await drafted(world.desk("inspection_team", "somebody-else"))
    own = await drafted(accomplice)
    await tables.execute(
        "UPDATE app.drafts SET owner = (SELECT owner FROM app.drafts WHERE id = $2) WHERE id = $1", draft, own
    )
    await shows_nothing(accomplice, f"/intake/v1/drafts/{draft}")


@pytest.mark.parametrize("source", ["another field", "another report", "the reporter"])
async def test_a_text_moved_within_the_log_is_not_shown(world: World, tables: asyncpg.Connection, source: str) -> None:
    report, other = await received(world), await received(world)
    said, elsewhere, identified = [
        json.loads(await tables.fetchval(_EVENT, tail(of), event))
        for of, event in ((report, "ReportReceived"), (other, "ReportReceived"), (report, "ReporterIdentified"))
    ]
    moved = {
        "another field": said["person_described"],
        "another report": elsewhere["content"],
        "the reporter": identified["identity"]["name"],
    }
    assert (await world.petition.get(report))["content"] == CONTENT
    async with tables.transaction():
        await tables.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_never_changed")
        await tables.execute(_SAY, tail(report), json.dumps(said | {"content": moved[source]}))
        await tables.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_changed")
    await shows_nothing(world.petition, report)
    assert (await world.petition.get(other))["content"] == CONTENT
