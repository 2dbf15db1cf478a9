"""An erasure is cut off between any two of its steps, and is finished by whoever comes next."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from services.archive import worker
from services.archive.application import destruction
from shared.eventstore.transact import Cause
from shared.kernel.errors import Rejected
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.keyring.erasure_list import ErasureListUnreadable, FileErasureList
from shared.keyring.keyring import Keyring
from shared.messaging.producer import PublishFailed
from tests.erasure.conftest import NEEDLES, Matter
from tests.erasure.test_restore import YEARS, approve, request, shown, unreadable

CAUSE = Cause(actor=system_actor("operator"), correlation=new_id())
STEPS = {
    "before the list": (FileErasureList, "append", False),
    "after the list": (Keyring, "destroy", False),
    "after the keys": (Keyring, "destroy", True),
    "before the evidence": (destruction, "transact", False),
}


class CutOff(BaseException):
    """The process died here."""


@dataclass
class Approved(Matter):
    """A matter whose subject may be erased now: two leaders have approved it, sixteen years later."""

    erasure_id: UUID


@pytest.fixture(scope="module")
async def once(completed: Matter, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Approved]:
    site = await completed.site.copy(tmp_path_factory.mktemp("approved"))
    site.later = YEARS
    async with site.open(working=False) as people:
        erasure = await request(people, completed)
        await approve(people, erasure)
    yield Approved(site, completed.played, completed.matter, UUID(erasure.rsplit("/", 1)[1]))
    await site.drop()


@pytest.fixture
async def approved(once: Approved, tmp_path: Path) -> AsyncIterator[Approved]:
    site = await once.site.copy(tmp_path / "site")
    yield Approved(site, once.played, once.matter, once.erasure_id)
    await site.drop()


@pytest.mark.parametrize("step", STEPS)
async def test_an_erasure_that_was_cut_off_is_finished(approved: Approved, step: str) -> None:
    site, erasure_id = approved.site, approved.erasure_id
    place, name, done = STEPS[step]
    with pytest.MonkeyPatch.context() as patch:
        real, calls = getattr(place, name), 0

        async def dying(*args: object, **kwargs: object) -> object:
            nonlocal calls
            if name == "transact" and type(args[3]).__name__ != "RecordDestruction":
                return await real(*args, **kwargs)
            calls += 1
            if done:
                await real(*args, **kwargs)
            raise CutOff

        patch.setattr(place, name, dying)
        with pytest.raises(CutOff):
            await worker.erase(site.installation(), erasure_id, CAUSE)
        assert calls == 1
    if step != "before the list":
        await unreadable(site, approved)  # no worker has run: the list is enough
    async with site.open() as people:
        path = f"/archive/v1/erasures/{erasure_id}"
        found = await people.cast.archivist.until(path, lambda answer: answer["state"] == "completed")
        assert len(found["keys"]) == 2
        text = await shown(people, approved)
        assert not [needle for needle in NEEDLES if needle in text]
    again = await worker.erase(site.installation(), erasure_id, CAUSE)
    assert again.completed is not None
    assert [str(key) for key in again.completed.keys] == found["keys"]
    assert len(await FileErasureList(site.place / "erasures").read()) == 1


@pytest.mark.parametrize("error", [PublishFailed("KafkaTimeoutError"), ErasureListUnreadable("line 1 is damaged")])
async def test_a_list_that_takes_nothing_is_waited_for(
    approved: Approved, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, path, refused = FileErasureList.append, f"/archive/v1/erasures/{approved.erasure_id}", asyncio.Event()

    async def refusing(*_: object) -> None:
        refused.set()
        raise error

    async with approved.site.open() as people:
        monkeypatch.setattr(FileErasureList, "append", refusing)
        await people.cast.archivist.command(path, "execution")
        for _ in range(2):  # tried again, and not parked as an event that nobody can take
            refused.clear()
            await asyncio.wait_for(refused.wait(), 20)
        assert (await people.cast.archivist.get(path))["state"] == "erased"
        connection = await asyncpg.connect(approved.site.databases.admin("archive"))
        assert await connection.fetchval("SELECT count(*) FROM log.parked") == 0
        await connection.close()
        monkeypatch.setattr(FileErasureList, "append", real)
        await people.cast.archivist.until(path, lambda answer: answer["state"] == "completed")


async def test_an_operator_skips_nothing(matter: Matter) -> None:
    site = matter.site
    site.later = YEARS
    async with site.open(working=False) as people:
        erasure = await request(people, matter)
        erasure_id = UUID(erasure.rsplit("/", 1)[1])
        asked = await people.head.get(erasure)
        await people.head.command(erasure, "approval", {"digest": asked["digest"]})
        for unapproved, code in [(erasure_id, "erasure-not-approved"), (new_id(), "erasure-unknown")]:
            with pytest.raises(Rejected) as refused:
                await worker.erase(site.installation(), unapproved, CAUSE)
            assert refused.value.code == code
        await people.leader.get(erasure)
        await people.leader.command(erasure, "approval", {"digest": asked["digest"]})
        await people.head.create("/archive/v1/legal-holds", {"case_id": matter.played.case, "ground": "litigation"})
        with pytest.raises(Rejected, match="legal-hold-in-force"):
            await worker.erase(site.installation(), erasure_id, CAUSE)
    site.later = timedelta()
    with pytest.raises(Rejected, match="retention-running"):
        await worker.erase(site.installation(), erasure_id, CAUSE)
    assert await FileErasureList(site.place / "erasures").read() == []
