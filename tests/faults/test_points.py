"""Processes that die at the worst moments lose nothing and do nothing twice."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tests.faults import dying
from tests.faults.clients import STORIES, Street
from tests.faults.conftest import Working
from tests.faults.site import Site

REACHED_WITHIN_S = 60.0
POINTS: Mapping[str, dying.Point] = {
    "intake.api.1": "appended",
    "intake.worker.1": "acknowledged",
    "adjudication.worker.1": "appending",
    "archive.worker.1": "appended",
    "notification.worker.1": "appended",
}


async def test_what_dies_between_two_steps_loses_nothing_and_does_nothing_twice(
    site: Site,
    street: Street,
    clients_work: Working,
    nothing_is_wrong: Callable[[], Awaitable[None]],
) -> None:
    async with clients_work(STORIES[:3]), asyncio.TaskGroup() as group:
        for name, point in POINTS.items():
            group.create_task(_die_once(site, name, point))
    assert street.tally.retried
    await nothing_is_wrong()


async def _die_once(site: Site, name: str, point: dying.Point) -> None:
    site.unwatched.add(name)
    site.kill(name)
    site.start(name, dying.__name__, point)
    assert await site.died(name, REACHED_WITHIN_S), f"{name} did not come to {point}"
    assert site.processes.running[name].returncode == -9
    site.start(name)
    site.unwatched.discard(name)
