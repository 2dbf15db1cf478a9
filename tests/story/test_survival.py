"""Workers that are killed in the middle of the story, and started again, lose nothing and do nothing twice."""

import asyncio
from dataclasses import dataclass, field

import pytest

from rongcuo.demo.client import Desk
from rongcuo.demo.story import ACCEPTANCE, applicant, zhong
from shared.messaging.envelope import recorded_of
from tests.story import timelines
from tests.story.conftest import Told
from tests.story.evidence import as_copied, collected, records
from tests.story.processes import Processes
from tests.story.test_story import check_once, matter_of, settled

PATIENCE_S = 180
"""Kafka gives the share of a killed member to the next one only when its session is over."""
KILLED = ("intake.worker", "adjudication.worker", "archive.worker")
"""The relay that has to publish what the step writes, the consumer that has to open the case, and the collector."""


@dataclass
class Reaper:
    """Kills processes when the step begins, and starts them again at once: the step goes on meanwhile."""

    processes: Processes
    deaths: list[str] = field(default_factory=list)

    def __call__(self, step: str) -> None:
        for name in KILLED if step == ACCEPTANCE else ():
            self.processes.kill(name)
            self.processes.again(name)
            self.deaths.append(name)


async def test_killed_workers_lose_nothing_and_do_nothing_twice(
    kafka_story: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk.until, "__kwdefaults__", {"seconds": PATIENCE_S})
    installation = kafka_story.installation
    before = len(await settled(installation))
    reaper = Reaper(installation.processes)
    played = [await zhong(installation.cast, reaper), await applicant(installation.cast, reaper)]
    assert reaper.deaths == list(KILLED)
    async with asyncio.timeout(PATIENCE_S):
        await installation.processes.ready()
    events = await settled(installation)
    assert len(events) == before + timelines.EVENTS + 2
    matters = [await matter_of(installation, each) for each in played]
    assert [timelines.timeline(events, matter) for matter in matters] == [timelines.ZHONG, timelines.APPLICANT]
    await check_once(installation, events)
    assert installation.kafka
    published = [recorded_of(record.headers.items(), record.value) for record in await records(installation.kafka)]
    assert set(published) == set(events)  # a killed relay may publish its last page again: the same events
    assert as_copied(published) == as_copied(events)
    assert as_copied(await collected(installation.databases)) == as_copied(events)
