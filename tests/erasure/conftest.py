"""One matter that was played to its completed dossier, and for each test a copy of it with nobody connected."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rongcuo.demo import story
from rongcuo.demo.story import Played
from shared.database.databases import Databases
from shared.database.provision import clone
from tests.erasure.site import Site

COMPLETED_ON = "2022-05-10"
NEEDLES = ("钟某", "疏漏查码", "车流集中", "补查", "当日值班", "未发现由此造成", "督查组")


@dataclass
class Matter:
    """A completed matter of the subject `played.party`, at its site."""

    site: Site
    played: Played
    matter: str


@pytest.fixture(scope="package")
async def completed(template: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Matter]:
    """Play 钟某's matter; its volume is kept for fifteen years."""
    place = tmp_path_factory.mktemp("completed")
    site = Site(await clone(template, f"t{secrets.token_hex(5)}"), place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(story, "complete_volume", _short)
        async with site.open() as people:
            played = await story.zhong(people.cast, lambda _: None)
            dossier = await people.cast.archivist.get(f"/archive/v1/dossiers/{played.case}")
            rows = await people.cast.archivist.get("/archive/v1/dossiers")
            assert (dossier["retention"], len(rows["items"])) == ("short", 1)
            async with asyncio.timeout(30):
                while not all([await site.collected(each) for each in (played.party, played.case)]):
                    await asyncio.sleep(0.1)
    yield Matter(site, played, dossier["matter"])
    await site.drop()


async def _short(cast: story.Cast, case: str, _: str) -> None:
    resource = f"/archive/v1/dossiers/{case}"
    await cast.archivist.until(resource, lambda answer: len(answer.get("papers", ())) >= 2)
    await cast.archivist.command(resource, "volume", {"on": COMPLETED_ON, "pages": 36, "retention": "short"})


@pytest.fixture
async def matter(completed: Matter, tmp_path: Path) -> AsyncIterator[Matter]:
    """A copy of the matter, for one test."""
    site = await completed.site.copy(tmp_path / "site")
    yield Matter(site, completed.played, completed.matter)
    await site.drop()
