"""The story told once over each bus; the tests of this folder look at what it left behind."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from rongcuo.demo.story import Played, applicant, zhong
from tests.story.installations import Installation, installed
from tests.support.servers import Server


@dataclass(frozen=True)
class Told:
    """An installation in which both matters have been played."""

    installation: Installation
    zhong: Played
    applicant: Played


@pytest.fixture(scope="package")
async def local_story(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """Both matters in one process, over LocalBus."""
    async with installed(tmp_path_factory.mktemp("local"), server.dsn, None) as installation:
        yield await told_in(installation)


@pytest.fixture(scope="package")
async def kafka_story(server: Server, kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """Both matters in eight processes, over Apache Kafka."""
    async with installed(tmp_path_factory.mktemp("kafka"), server.dsn, kafka) as installation:
        yield await told_in(installation)


@pytest.fixture(params=["local_story", "kafka_story"])
def told(request: pytest.FixtureRequest) -> Told:
    """The same story over either bus."""
    story: Told = request.getfixturevalue(request.param)
    return story


async def told_in(installation: Installation) -> Told:
    """Play both matters."""
    cast = installation.cast
    return Told(installation, await zhong(cast, silent), await applicant(cast, silent))


def silent(_: str) -> None:
    """Nobody watches the steps."""
