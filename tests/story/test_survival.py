"""Workers that are killed in the middle of the story, and started again, lose nothing and do nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rongcuo.demo.story import applicant, zhong
from shared.messaging.envelope import recorded_of
from tests.story import timelines
from tests.story.conftest import Told, silent
from tests.story.evidence import as_copied, collected, records
from tests.story.processes import Processes
from tests.story.test_story import check_once, matter_of, settled

KILLED = ("adjudication.worker", "intake.worker")
"""The consumer that opens cases, and the process of intake's relay (every worker also is its log's relay)."""
LIVES_S = 2.0


@asynccontextmanager
async def dying(processes: Processes, *names: str) -> AsyncIterator[list[str]]:
    """Kill one process after the other, start it again, let it work for a moment, and so on until the context ends."""
    deaths: list[str] = []

    async def reap() -> None:
        while True:
            for name in names:
                processes.kill(name)
                deaths.append(name)
                processes.again(name)
                await processes.ready(name)
                await asyncio.sleep(LIVES_S)

    reaper = asyncio.create_task(reap())
    yield deaths
    reaper.cancel()
    await asyncio.gather(reaper, return_exceptions=True)
    await processes.ready(*names)


async def test_killed_workers_lose_nothing_and_do_nothing_twice(kafka_story: Told) -> None:
    installation = kafka_story.installation
    before = len(await settled(installation))
    async with dying(installation.processes, *KILLED) as deaths:
        played = [await zhong(installation.cast, silent), await applicant(installation.cast, silent)]
    assert set(deaths) == set(KILLED)
    events = await settled(installation)
    assert len(events) == before + timelines.EVENTS + 2
    matters = [await matter_of(installation, each) for each in played]
    assert [timelines.timeline(events, matter) for matter in matters] == [timelines.ZHONG, timelines.APPLICANT]
    await check_once(installation, events)
    assert installation.kafka
    published = [recorded_of(record.headers.items(), record.value) for record in await records(installation.kafka)]
    assert {(event.log, event.position): event for event in published} == {
        (event.log, event.position): event for event in events
    }
    assert len({(event.log, event.position, event.hash) for event in published}) == len(events)
    assert as_copied(await collected(installation.databases)) == as_copied(events)
