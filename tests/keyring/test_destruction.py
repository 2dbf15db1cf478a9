"""A destroyed key opens nothing any more, in no process, whatever each of them remembers or cannot hear."""

import asyncio

import asyncpg
import pytest

from shared.database.databases import Databases
from shared.kernel.ids import new_id
from shared.keyring import destructions
from shared.keyring.data_keys import KeyDestroyed
from shared.keyring.key_service import FileKeyService
from shared.keyring.keyring import Keyring

TEXT = "某某在座谈会上的陈述"
LABEL = "submission.statement"


async def heard(keyring: Keyring, since: int) -> None:
    async with asyncio.timeout(5):
        while keyring._destructions.heard == since:
            await asyncio.sleep(0.001)


async def test_every_process_forgets_a_destroyed_key_at_once(
    keyring: Keyring, keyring_databases: Databases, key_service: FileKeyService
) -> None:
    other = await Keyring.open(keyring_databases.dsn("keyring"), key_service)
    place, neighbour = (new_id(), new_id()), (new_id(), new_id())
    sealed = await keyring.seal(TEXT, subject=place[0], matter=place[1], label=LABEL)
    kept = await keyring.seal(TEXT, subject=neighbour[0], matter=neighbour[1], label=LABEL)
    assert [await other.open_sealed(one) for one in (sealed, kept)] == [TEXT, TEXT]
    assert len(other._cache) == 2
    since = other._destructions.heard
    (evidence,) = await keyring.destroy([place])
    await heard(other, since)
    assert (evidence.key_id, evidence.subject, evidence.matter) == (sealed.key, *place)
    for ring in (keyring, other):
        assert await ring.open_sealed(sealed) is None
        assert await ring.open_sealed(kept) == TEXT
        with pytest.raises(KeyDestroyed):
            await ring.seal(TEXT, subject=place[0], matter=place[1], label=LABEL)
    await other.close()


async def test_destroying_again_changes_nothing_and_shows_the_same_evidence(keyring: Keyring) -> None:
    places = [(new_id(), new_id()) for _ in range(3)]
    await keyring.seal(TEXT, subject=places[0][0], matter=places[0][1], label=LABEL)
    first = await keyring.destroy(places)
    again = await keyring.destroy([*places, *places])
    assert {(one.subject, one.matter) for one in first} == set(places)
    assert sorted(map(repr, again)) == sorted(map(repr, first))


async def test_where_no_key_was_none_can_be_made_any_more(keyring: Keyring, forgetful: Keyring) -> None:
    subject, matter = new_id(), new_id()
    await keyring.destroy([(subject, matter)])
    for ring in (keyring, forgetful):
        with pytest.raises(KeyDestroyed):
            await ring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
        with pytest.raises(KeyDestroyed):
            await ring.begin(subject=subject, matter=matter)


async def test_a_key_that_an_older_keyring_never_had_is_erased_where_its_place_was(
    keyring: Keyring, admin: asyncpg.Connection
) -> None:
    subject, matter = new_id(), new_id()
    sealed = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    await admin.execute("DELETE FROM keyring.data_keys WHERE key_id = $1", sealed.key)
    await keyring.destroy([(subject, matter)])
    assert await keyring.open_sealed(sealed) is None


async def test_a_key_read_before_a_destruction_is_not_remembered_after_it(
    keyring: Keyring, keyring_databases: Databases, key_service: FileKeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, matter = new_id(), new_id()
    sealed = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    slow = await Keyring.open(keyring_databases.dsn("keyring"), key_service)
    unwrap, read, go_on = slow._keys._unwrap, asyncio.Event(), asyncio.Event()

    async def waiting(row: asyncpg.Record) -> object:
        key = await unwrap(row)
        read.set()
        await go_on.wait()
        return key

    monkeypatch.setattr(slow._keys, "_unwrap", waiting)
    reading = asyncio.create_task(slow.open_sealed(sealed))
    await read.wait()
    since = slow._destructions.heard
    await keyring.destroy([(subject, matter)])
    await heard(slow, since)
    go_on.set()
    assert await reading == TEXT  # it was read while it was there
    assert len(slow._cache) == 0
    assert await slow.open_sealed(sealed) is None
    await slow.close()


async def test_a_process_that_cannot_hear_remembers_nothing_until_it_hears_again(
    keyring: Keyring, admin: asyncpg.Connection
) -> None:
    subject, matter = new_id(), new_id()
    sealed = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    assert len(keyring._cache) == 1
    since = keyring._destructions.heard
    listening = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = $1"
    )
    assert await admin.fetchval(listening, "SELECT 1")
    await heard(keyring, since)
    assert not keyring._destructions.current
    assert len(keyring._cache) == 0
    assert await keyring.open_sealed(sealed) == TEXT
    assert len(keyring._cache) == 0
    async with asyncio.timeout(10):
        while not keyring._destructions.current:
            await asyncio.sleep(0.01)
    assert await keyring.open_sealed(sealed) == TEXT
    assert len(keyring._cache) == 1


async def test_silence_counts_as_not_hearing(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    now = keyring._destructions._elapsed()
    monkeypatch.setattr(keyring._destructions, "_elapsed", lambda: now + destructions.SILENCE_S)
    assert keyring._known(keyring._cache.get(sealed.key)) is None


async def test_what_was_told_and_cannot_be_read_forgets_everything(keyring: Keyring, admin: asyncpg.Connection) -> None:
    await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    since = keyring._destructions.heard
    await admin.execute("SELECT pg_notify('keyring_destroyed', 'nothing of ours')")
    await heard(keyring, since)
    assert len(keyring._cache) == 0
