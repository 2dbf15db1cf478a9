"""The whole story over either bus: what it led to, the same bytes everywhere, every effect once."""

import asyncio
import json

import pytest

from rongcuo.demo.client import Json
from rongcuo.demo.story import Played
from shared.database.databases import SERVICES
from shared.kernel.recorded import Recorded
from shared.messaging.envelope import recorded_of
from tests.story import timelines
from tests.story.conftest import Told
from tests.story.evidence import as_copied, collected, copied, feed, fetch, records, served_and_fresh, stored
from tests.story.installations import Installation


async def settled(installation: Installation) -> list[Recorded]:
    """Return all events once archive has taken in every one and, half a second later, no other has come."""
    before: list[Recorded] = []
    async with asyncio.timeout(60):
        while True:
            events = await stored(installation.databases)
            if events == before and len(await sequence(installation)) == len(events):
                return events
            before = events
            await asyncio.sleep(0.5)


async def sequence(installation: Installation) -> list[Json]:
    return await feed(installation.cast.auditor, "/archive/v1/sequence", "start")


async def matter_of(installation: Installation, played: Played) -> str:
    submission = await installation.cast.auditor.get(f"/intake/v1/submissions/{played.submission}")
    return str(submission["matter"])


async def check_once(installation: Installation, events: list[Recorded]) -> None:
    """Every consumer acted once on every event, archive holds every event once, and nothing waits."""
    effects = timelines.effects(events)
    papers = [effect for effect in effects if effect[2] == "PaperEntered"]
    assert len(effects) == len(set(effects))
    assert len(papers) == 2 * sum(event.type == "DossierOpened" for event in events)
    ordered = [(item["log"], item["position"]) for item in await sequence(installation)]
    assert sorted(ordered) == sorted((event.log, event.position) for event in events)
    for service in SERVICES:
        assert await fetch(installation.databases, service, "SELECT * FROM log.parked") == []


async def test_both_matters_end_as_told(told: Told) -> None:
    auditor, officer = told.installation.cast.auditor, told.installation.cast.officer
    for played, outcome in ((told.zhong, "exempt"), (told.applicant, "reduced")):
        case = await officer.get(f"/adjudication/v1/tolerance-cases/{played.case}")
        assert (case["state"], case["outcome"], case["explained"]) == ("fed_back", outcome, True)
        submission = await officer.get(f"/intake/v1/submissions/{played.submission}")
        assert (submission["state"], submission["case"]["state"]) == ("accepted", "open")
        dossier = await auditor.get(f"/archive/v1/dossiers/{played.case}")
        assert (dossier["state"], dossier["targets"]) == ("complete", None)
        assert [paper["paper"] for paper in dossier["papers"]] == ["conclusion", "feedback"]
        person = told.installation.cast.desk_for("subject", subject=f"person-{played.party}", party=played.party)
        notice = await person.get(f"/notification/v1/notices/{played.notice}")
        assert (notice["state"], notice["template"]) == ("received", "tolerance_fed_back")
    protections = (await officer.get(f"/adjudication/v1/tolerance-cases/{told.zhong.case}"))["protections"]
    assert protections == ["appraisal", "honours", "appointment", "rank_promotion", "professional_title"]


async def test_the_logs_hold_the_timeline_and_nothing_else(told: Told) -> None:
    events = await settled(told.installation)
    matters = [await matter_of(told.installation, played) for played in (told.zhong, told.applicant)]
    assert [timelines.timeline(events, matter) for matter in matters] == [timelines.ZHONG, timelines.APPLICANT]
    assert len(events) == timelines.EVENTS + 2  # and two parties


async def test_every_effect_happens_once(told: Told) -> None:
    await check_once(told.installation, await settled(told.installation))


async def test_the_same_bytes_stand_in_feed_table_and_archive(told: Told) -> None:
    installation = told.installation
    tables = as_copied(await settled(installation))
    auditor = installation.cast.auditor
    feeds = [item for service in SERVICES for item in await feed(auditor, f"/{service}/v1/events")]
    assert copied(feeds) == tables
    assert copied(await sequence(installation)) == tables
    assert as_copied(await collected(installation.databases)) == tables


async def test_the_same_bytes_went_through_kafka_once(kafka_story: Told) -> None:
    installation = kafka_story.installation
    events = await settled(installation)
    assert installation.kafka
    found = [recorded_of(record.headers.items(), record.value) for record in await records(installation.kafka)]
    assert len(found) == len(events)
    assert as_copied(found) == as_copied(events)


async def test_the_sequence_is_dense_and_keeps_the_order_of_every_log(told: Told) -> None:
    await settled(told.installation)
    items = await sequence(told.installation)
    assert [item["index"] for item in items] == list(range(len(items)))
    for service in SERVICES:
        positions = [item["position"] for item in items if item["log"] == service]
        assert positions == list(range(1, len(positions) + 1))


async def test_causes_come_before_effects_in_every_log_that_tells_of_them(told: Told) -> None:
    events = await settled(told.installation)
    recorded = {str(event.event_id): event.recorded_at for event in events}
    causes = [(recorded[json.loads(e.metadata)["causation"]], e.recorded_at) for e in events if _caused(e)]
    assert causes
    assert all(cause <= effect for cause, effect in causes)


def _caused(event: Recorded) -> bool:
    return json.loads(event.metadata)["causation"] is not None


@pytest.mark.parametrize("service", SERVICES)
async def test_read_models_equal_a_fresh_replay(told: Told, service: str) -> None:
    await settled(told.installation)
    tables = await served_and_fresh(told.installation.databases, service)
    assert {name: served for name, (served, _) in tables.items()} == {
        name: fresh for name, (_, fresh) in tables.items()
    }
    assert any(fresh for _, fresh in tables.values())
