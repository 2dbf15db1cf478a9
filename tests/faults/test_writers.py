"""Two processes write one log, and PostgreSQL dies under them: no position is given twice and none is left out."""

import asyncio
from collections.abc import Awaitable, Callable

from rongcuo.demo.story import Cast, register
from tests.faults.clients import Street
from tests.faults.conftest import Working
from tests.faults.oracle import Verdict, dense
from tests.faults.site import Site
from tests.story.evidence import stored

WRITERS = 16


async def registering(cast: Cast) -> None:
    """Enter one person."""
    await register(cast.officer, "某丁")


async def test_a_log_is_dense_although_its_database_was_killed_under_two_writers(
    site: Site, street: Street, clients_work: Working, nothing_is_wrong: Callable[[], Awaitable[None]]
) -> None:
    async with clients_work([registering], WRITERS):
        await asyncio.sleep(3)
        await site.postgres.kill()
        await site.postgres.start()
        await asyncio.sleep(2)
    verdict = Verdict()
    dense(verdict, await stored(site.databases))
    assert (verdict.faults, street.tally.wrong) == ([], [])
    assert street.tally.answered > WRITERS
    await nothing_is_wrong()
