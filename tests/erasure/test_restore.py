"""After the retention a subject is erased; an older backup comes back, and still nobody can read a word."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from rongcuo.demo.client import Json
from shared.database.databases import DATABASES, KEYRING
from shared.hosting.installation import Installation
from shared.hosting.opened import open_service
from shared.kernel.ids import new_id
from shared.keyring.erasure_list import ErasureListUnreadable
from tests.erasure.conftest import NEEDLES, Matter
from tests.erasure.site import People, Site, folded

YEARS = timedelta(days=366 * 16)


async def request(people: People, matter: Matter, **changes: object) -> str:
    """Ask for the erasure of the subject and of its identity; returns the erasure's path."""
    asked = {"erasure_id": str(new_id()), "case_id": matter.played.case, "subject": matter.played.party}
    created = await people.cast.archivist.create(
        "/archive/v1/erasures", asked | {"identity": True, "ground": "retention-over", **changes}
    )
    return str(created["href"])


async def approve(people: People, erasure: str) -> None:
    """Let two leaders approve."""
    for leader in (people.head, people.leader):
        asked = await leader.get(erasure)
        await leader.command(erasure, "approval", {"digest": asked["digest"]})


async def erase(people: People, matter: Matter) -> Json:
    """Ask, approve, execute, and wait for the evidence."""
    erasure = await request(people, matter)
    await approve(people, erasure)
    await people.cast.archivist.command(erasure, "execution")
    return await people.cast.archivist.until(erasure, lambda answer: answer["state"] == "completed")


async def shown(people: People, matter: Matter) -> str:
    """Return all that leaders are shown of the matter, as one text."""
    paths = [
        f"/intake/v1/parties/{matter.played.party}",
        f"/intake/v1/submissions/{matter.played.submission}",
        f"/adjudication/v1/tolerance-cases/{matter.played.case}",
        f"/archive/v1/dossiers/{matter.played.case}",
    ]
    return json.dumps([await people.leader.get(path) for path in paths], ensure_ascii=False)


async def unreadable(site: Site, matter: Matter, *, working: bool = False) -> None:
    """See that what is shown by processes that start now has states and dates, and not a word of the subject."""
    async with site.open(working=working) as people:
        text = await shown(people, matter)
        assert not [needle for needle in NEEDLES if needle in text]
        assert text.count('{"erased": true}') >= 8
        assert '"concluded_on": "2022-05-06"' in text


async def test_what_is_erased_stays_erased_whatever_backup_comes_back(matter: Matter, tmp_path: Path) -> None:
    site = matter.site
    async with site.open() as people:
        before = await shown(people, matter)
        draft = {
            **{"kind": "finding", "jurisdiction": "331123", "found_by": "督查组", "found_on": "2022-04-20"},
            **{
                "concerned": matter.played.party,
                "situations": ["SC.4"],
                "act_on": "2022-04-18",
                "statement": "又一次。",
            },
        }
        await people.cast.inspector.put(f"/intake/v1/drafts/{new_id()}", draft)
    assert all(needle in before for needle in NEEDLES)
    logs_before, backup = await site.logs(), await site.copy(tmp_path / "backup")

    site.later = YEARS
    async with site.open() as people:
        evidence = await erase(people, matter)
        assert len(evidence["keys"]) == 2
        assert len(evidence["approvals"]) == 2
        drafts = await people.cast.inspector.until("/intake/v1/drafts", lambda answer: not answer["items"])
        assert drafts["items"] == []
    logs_after = await site.logs()
    for name, events in logs_before.items():
        assert [(event, event.hash) for event in logs_after[name][: len(events)]] == [
            (event, event.hash) for event in events
        ]
    told_before, told_after = folded(logs_before), folded(logs_after)
    assert told_before == {stream: told_after[stream] for stream in told_before}
    await unreadable(site, matter)

    await site.restore(backup, KEYRING)
    await unreadable(site, matter)
    await site.restore(backup, *DATABASES)
    assert folded(await site.logs()) == told_before
    await unreadable(site, matter, working=True)
    assert {name: events[: len(logs_before[name])] for name, events in (await site.logs()).items()} == logs_before

    async with Site(backup.databases, backup.place).open(working=False) as people:
        assert await shown(people, matter) == before  # the backup without the list: that is what the list is for
    await backup.drop()


@pytest.mark.parametrize("left", [None, b""], ids=["no list", "an empty one"])
async def test_a_list_that_was_lost_is_made_again_from_the_log(
    matter: Matter, left: bytes | None, tmp_path: Path
) -> None:
    site, listed = matter.site, matter.site.place / "erasures"
    backup = await site.copy(tmp_path / "backup")
    site.later = YEARS
    async with site.open() as people:
        await erase(people, matter)
    whole = listed.read_bytes()
    await site.restore(backup, KEYRING)
    listed.unlink()
    if left is not None:
        listed.write_bytes(left)
    await unreadable(site, matter)
    assert listed.read_bytes() == whole
    await backup.drop()


async def test_who_cannot_read_archives_log_waits_for_archive(matter: Matter, tmp_path: Path) -> None:
    site = matter.site
    backup = await site.copy(tmp_path / "backup")
    site.later = YEARS
    async with site.open() as people:
        await erase(people, matter)
    await site.restore(backup, KEYRING)
    (site.place / "erasures").unlink()
    own = {f"{name}_dsn": SecretStr(site.databases.dsn(name)) for name in ("intake", KEYRING)}
    settings = site.installation().settings.model_copy(update={**own, "start_s": 10})
    alone = replace(site.installation(), given=None, settings=settings)
    with pytest.raises(ErasureListUnreadable, match="start archive first"):
        async with open_service(replace(alone, settings=settings.model_copy(update={"start_s": 0.1})), "intake"):
            pass
    opening = asyncio.create_task(_served(alone))
    async with open_service(site.installation(), "archive"):
        assert await opening
    await backup.drop()


async def _served(installation: Installation) -> bool:
    async with open_service(installation, "intake") as opened:
        return await opened.edge.keyring.vouched()


async def test_nothing_is_served_while_the_list_cannot_be_read(matter: Matter) -> None:
    (matter.site.place / "erasures").write_bytes(b"not a list\n")
    with pytest.raises(ErasureListUnreadable):
        async with matter.site.open(working=False):
            pass


async def test_a_keyring_older_than_the_log_shows_a_placeholder(
    matter: Matter, completed: Matter, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    site = matter.site
    backup = await site.copy(tmp_path / "backup")
    async with site.open(working=False) as people:
        party = {"party_id": str(new_id()), "kind": "person", "jurisdiction": "331123", "name": "某丁"}
        created = await people.cast.officer.create("/intake/v1/parties", party)
    await site.restore(backup, KEYRING)
    async with site.open(working=False) as people:
        answer = await people.leader.get(created["href"])
        assert answer["name"] == {"unavailable": True}
        assert await shown(people, matter)
    assert "its key is not in the keyring" in caplog.text
    assert "某丁" not in caplog.text
    await backup.drop()
