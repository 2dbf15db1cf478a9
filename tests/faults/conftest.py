"""One site for all tests of this folder, and one file of what its clients were told."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from tests.faults.clients import STORIES, Story, Street
from tests.faults.oracle import judge
from tests.faults.rest import at_rest
from tests.faults.run import street_of, working
from tests.faults.site import SMALL, Site, opened
from tests.support.servers import roomy_directory

PATIENCE_S = 60.0
CLIENTS = 4
Working = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture(scope="package")
async def site() -> AsyncIterator[Site]:
    """A small site with two processes that write intake's log."""
    with roomy_directory() as place:
        async with opened(place, SMALL | {"intake": (2, 1)}) as running:
            yield running


@pytest.fixture(scope="package")
def journal(site: Site) -> Path:
    """The clients' file."""
    return site.place / "answered.ndjson"


@pytest.fixture
async def street(site: Site, journal: Path) -> AsyncIterator[Street]:
    """The clients' side of one test."""
    async with street_of(site, journal, 0, PATIENCE_S) as made:
        yield made


@pytest.fixture
def clients_work(site: Site, street: Street) -> Working:
    """What lets clients work during a block, and finish what they have begun."""

    def work(stories: Sequence[Story] = STORIES, clients: int = CLIENTS) -> AbstractAsyncContextManager[None]:
        return working(street, site, clients, stories)

    return work


@pytest.fixture
def nothing_is_wrong(site: Site, street: Street, journal: Path) -> Callable[[], Awaitable[None]]:
    """What waits for the site to rest and then judges everything that it holds."""
    return partial(_check, site, street, journal)


async def _check(site: Site, street: Street, journal: Path) -> None:
    tally = street.tally
    assert [*tally.wrong, *tally.different, *tally.unfinished] == []
    assert await at_rest(site, PATIENCE_S) == []
    verdict = await judge(site, journal)
    assert verdict.faults == []
    assert verdict.acknowledged
