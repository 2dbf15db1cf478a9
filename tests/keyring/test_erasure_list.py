"""The list of erasures survives crashes, notices damage, and erases again whatever a backup has brought back."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.archive import SubjectErased
from shared.kernel.canonical import canonical_bytes
from shared.kernel.ids import new_id
from shared.kernel.recorded import Recorded
from shared.keyring.erasure_list import Erasure, ErasureListUnreadable, FileErasureList, replay
from shared.keyring.keyring import Keyring

TEXT = "某某在座谈会上的陈述"
LABEL = "submission.statement"


def erased(subject: UUID, matter: UUID, *, identity: bool = False) -> Recorded:
    event = SubjectErased(
        erasure_id=new_id(),
        case_id=new_id(),
        matter=matter,
        jurisdiction="331123",
        rules_version="331123/2020-01-01",
        subject=subject,
        identity=identity,
        digest="0" * 64,
    )
    payload, at = bytes(canonical_bytes(event.model_dump(mode="json"))), datetime(2026, 1, 4, tzinfo=UTC)
    stream = f"erasure-{event.erasure_id}"
    return Recorded("archive", 7, stream, 4, new_id(), "SubjectErased", 1, payload, b"{}", at)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "apart" / "erasures"


async def test_what_is_listed_is_read_by_whoever_opens_it(path: Path) -> None:
    assert await FileErasureList(path).read() == []
    first, second = erased(new_id(), new_id()), erased(new_id(), new_id(), identity=True)
    for stored in (first, second, first, second):
        await FileErasureList(path).append(stored)
    assert await FileErasureList(path).read() == [Erasure.of(first), Erasure.of(second)]
    assert [len(entry.places) for entry in await FileErasureList(path).read()] == [1, 2]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_it_holds_ids_and_hashes_only(path: Path) -> None:
    stored = erased(new_id(), new_id())
    await FileErasureList(path).append(stored)
    entry = json.loads(path.read_text())
    assert entry.keys() == {"erasure_id", "event_hash", "places", "chain"}
    assert entry["event_hash"] == stored.hash


async def test_processes_that_append_at_once_lose_nothing(path: Path) -> None:
    told = [erased(new_id(), new_id()) for _ in range(20)]
    await asyncio.gather(*(FileErasureList(path).append(stored) for stored in told))
    assert set(await FileErasureList(path).read()) == set(map(Erasure.of, told))


async def test_an_append_that_was_cut_off_never_counted(path: Path) -> None:
    first, second = erased(new_id(), new_id()), erased(new_id(), new_id())
    await FileErasureList(path).append(first)
    await FileErasureList(path).append(second)
    whole = path.read_bytes()
    for cut in range(len(whole.splitlines()[0]) + 1, len(whole)):
        path.write_bytes(whole[:cut])
        assert await FileErasureList(path).read() == [Erasure.of(first)]
    await FileErasureList(path).append(second)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace(b'"places"', b'"Places"', 1),
        lambda text: text.replace(b"-7", b"-8", 1),
        lambda text: b"\n".join(text.split(b"\n")[1:]),
        lambda text: b"\n".join([*reversed(text.splitlines()), b""]),
        lambda text: text.replace(b"{", b"{ ", 1),
        lambda text: b"\0" * len(text.splitlines()[0]) + text[len(text.splitlines()[0]) :],
        lambda text: b"\xff\n" + text,
        lambda text: text.splitlines()[0].replace(b"-7", b"-8", 1) + b"\n",
    ],
    ids=["renamed", "another id", "first line gone", "turned round", "other bytes", "zeros", "more", "the last line"],
)
async def test_a_damaged_list_is_refused(path: Path, damage: Callable[[bytes], bytes]) -> None:
    for _ in range(2):
        await FileErasureList(path).append(erased(new_id(), new_id()))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ErasureListUnreadable, match="line 1"):
        await FileErasureList(path).read()
    with pytest.raises(ErasureListUnreadable):
        await FileErasureList(path).append(erased(new_id(), new_id()))


async def test_a_list_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ErasureListUnreadable, match="directory"):
        await FileErasureList(tmp_path).read()


async def test_another_event_is_not_an_erasure() -> None:
    with pytest.raises(ValueError, match="erases nobody"):
        Erasure.of(erased(new_id(), new_id())._replace(type="DossierOpened"))


async def test_a_keyring_that_came_back_is_erased_again(
    keyring: Keyring, forgetful: Keyring, admin: asyncpg.Connection, path: Path
) -> None:
    subject, matter = new_id(), new_id()
    in_matter = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    identity = await keyring.seal(TEXT, subject=subject, matter=subject, label=LABEL)
    neighbour = await keyring.seal(TEXT, subject=new_id(), matter=matter, label=LABEL)
    erasures = FileErasureList(path)
    await erasures.append(erased(subject, matter, identity=True))
    rows = await admin.fetch("SELECT key_id, wrapped FROM keyring.data_keys WHERE subject = $1", subject)
    backup = [tuple(row) for row in rows]
    assert await replay(erasures, keyring) == 1
    await admin.executemany("UPDATE keyring.data_keys SET wrapped = $2, destroyed_at = NULL WHERE key_id = $1", backup)
    assert await forgetful.open_sealed(in_matter) == TEXT
    assert await replay(erasures, keyring) == 1
    for ring in (keyring, forgetful):
        assert [await ring.open_sealed(one) for one in (in_matter, identity, neighbour)] == [None, None, TEXT]
