"""Sealing and opening against the keyring database, by processes that share nothing but it and the key service."""

import asyncio
import traceback
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from shared.database.databases import Databases
from shared.kernel.ids import new_id
from shared.kernel.sealed import Sealed
from shared.keyring.data_keys import DataKeys, KeyDestroyed
from shared.keyring.envelope import DataKey, SealBroken
from shared.keyring.key_service import FileKeyService, KeyServiceRefused
from shared.keyring.keyring import KeyLost, Keyring

TEXT = "李某某在座谈会上的陈述"
LABEL = "submission.statement"
ERASE = "UPDATE keyring.data_keys SET destroyed_at = clock_timestamp(), wrapped = NULL WHERE key_id = $1"


async def test_what_one_process_seals_another_opens(keyring: Keyring, forgetful: Keyring) -> None:
    sealed = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    assert await forgetful.open_sealed(sealed) == TEXT
    assert await keyring.open_sealed(sealed) == TEXT


async def test_the_same_words_sealed_by_two_processes_are_equal(keyring: Keyring, forgetful: Keyring) -> None:
    subject, matter = new_id(), new_id()
    one = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    other = await forgetful.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    assert one == other
    assert one.ciphertext != other.ciphertext


async def test_a_subject_has_one_key_in_a_matter_and_another_in_the_next(keyring: Keyring, forgetful: Keyring) -> None:
    subject, matter = new_id(), new_id()
    one = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    same = await forgetful.seal(TEXT, subject=subject, matter=matter, label="party.name")
    next_matter = await keyring.seal(TEXT, subject=subject, matter=new_id(), label=LABEL)
    next_subject = await keyring.seal(TEXT, subject=new_id(), matter=matter, label=LABEL)
    assert one.key == same.key
    assert len({one.key, next_matter.key, next_subject.key}) == 3


async def test_processes_that_seal_at_once_agree_on_the_key(keyring: Keyring, forgetful: Keyring) -> None:
    for _ in range(10):
        place = {"subject": new_id(), "matter": new_id()}
        sealing = [ring.seal(TEXT, **place, label=LABEL) for ring in (keyring, forgetful) * 4]
        sealed = await asyncio.gather(*sealing)
        assert len({one.key for one in sealed}) == 1
        assert [await forgetful.open_sealed(one) for one in sealed] == [TEXT] * 8


async def test_the_second_waits_for_a_first_that_has_not_yet_committed(
    keyring: Keyring, key_service: FileKeyService, admin: asyncpg.Connection, keyring_databases: Databases
) -> None:
    subject, matter = new_id(), new_id()
    first = await asyncpg.connect(keyring_databases.dsn("keyring"))
    transaction = first.transaction()
    await transaction.start()
    theirs = await DataKeys(first, key_service).at(subject, matter)  # type: ignore[arg-type]  # one connection, not a pool
    ours = asyncio.create_task(keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL))
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid' AND datname = current_database()"
    )
    while not await admin.fetchval(waiting):
        assert not ours.done()
    await transaction.commit()
    assert (await ours).key == theirs.key_id
    await first.close()


async def test_the_key_is_durable_before_anything_is_sealed_with_it(
    keyring: Keyring, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, rows_seen, looking = keyring._keys.at, [], asyncio.Lock()
    count = "SELECT count(*) FROM keyring.data_keys WHERE key_id = $1"

    async def watched(subject: UUID, matter: UUID) -> DataKey:
        key = await given(subject, matter)
        async with looking:
            rows_seen.append(await admin.fetchval(count, key.key_id))
        return key

    monkeypatch.setattr(keyring._keys, "at", watched)
    await asyncio.gather(*(keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL) for _ in range(20)))
    assert rows_seen == [1] * 20


async def test_processes_that_make_many_keys_at_once_agree_on_all(keyring: Keyring, forgetful: Keyring) -> None:
    for _ in range(5):
        places = [{"subject": new_id(), "matter": new_id()} for _ in range(40)]
        there = [keyring.seal(TEXT, **place, label=LABEL) for place in places]
        back = [forgetful.seal(TEXT, **place, label=LABEL) for place in reversed(places)]
        sealed = await asyncio.gather(*there, *back)
        keys = [(one.subject, one.matter, one.key) for one in sealed]
        assert keys[:40] == keys[:39:-1]
        assert len({key for *_, key in keys}) == 40


async def test_a_key_that_was_begun_is_the_key(keyring: Keyring, forgetful: Keyring, admin: asyncpg.Connection) -> None:
    place = {"subject": new_id(), "matter": new_id()}
    await asyncio.gather(*(ring.begin(**place) for ring in (keyring, forgetful) * 4))
    one, other = [await ring.seal(TEXT, **place, label=LABEL) for ring in (keyring, forgetful)]
    assert one == other
    assert await admin.fetchval("SELECT count(*) FROM keyring.data_keys WHERE subject = $1", place["subject"]) == 1
    await admin.execute(ERASE, one.key)
    with pytest.raises(KeyDestroyed):
        await forgetful.begin(**place)


async def test_what_is_refused_for_one_is_not_refused_for_its_neighbours(
    keyring: Keyring, forgetful: Keyring, admin: asyncpg.Connection
) -> None:
    erased, altered, good = ({"subject": new_id(), "matter": new_id()} for _ in range(3))
    keys = [(await keyring.seal(TEXT, **place, label=LABEL)).key for place in (erased, altered)]
    await admin.execute(ERASE, keys[0])
    await admin.execute("UPDATE keyring.data_keys SET wrapped = repeat('x', 60)::bytea WHERE key_id = $1", keys[1])
    sealing = [forgetful.seal(TEXT, **place, label=LABEL) for place in (erased, good, altered, good)]
    results = await asyncio.gather(*sealing, return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "KeyDestroyed",
        "Sealed[str]",
        "KeyServiceRefused",
        "Sealed[str]",
    ]
    assert results[1] == results[3]


async def test_a_destroyed_key_opens_nothing_and_seals_nothing(
    keyring: Keyring, forgetful: Keyring, admin: asyncpg.Connection
) -> None:
    place = {"subject": new_id(), "matter": new_id()}
    sealed = await keyring.seal(TEXT, **place, label=LABEL)
    await admin.execute(ERASE, sealed.key)
    assert await forgetful.open_sealed(sealed) is None
    with pytest.raises(KeyDestroyed):
        await forgetful.seal(TEXT, **place, label=LABEL)


async def test_an_envelope_under_an_unknown_key_is_lost_not_erased(forgetful: Keyring) -> None:
    sealed = await forgetful.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    with pytest.raises(KeyLost):
        await forgetful.open_sealed(sealed.model_copy(update={"key": new_id()}))


async def test_an_envelope_under_the_key_of_somebody_else_is_broken(keyring: Keyring) -> None:
    mine = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    theirs = await keyring.seal("王某某", subject=new_id(), matter=new_id(), label=LABEL)
    for members in ({"key"}, {"key", "subject", "matter"}, {"ciphertext", "digest"}):
        moved = mine.model_copy(update={member: getattr(theirs, member) for member in members})
        with pytest.raises(SealBroken):
            await keyring.open_sealed(moved)


async def test_a_wrapped_key_moved_to_another_row_opens_nothing(
    keyring: Keyring, forgetful: Keyring, admin: asyncpg.Connection
) -> None:
    mine = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    theirs = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    moved = "SELECT wrapped FROM keyring.data_keys WHERE key_id = $2"
    await admin.execute(f"UPDATE keyring.data_keys SET wrapped = ({moved}) WHERE key_id = $1", mine.key, theirs.key)
    with pytest.raises(KeyServiceRefused):
        await forgetful.open_sealed(mine)


async def test_who_asks_for_a_key_that_is_there_gets_it_although_none_can_be_made(
    forgetful: Keyring, key_service: FileKeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, unknown = (new_id(), new_id()), (new_id(), new_id())
    await forgetful.seal(TEXT, subject=known[0], matter=known[1], label=LABEL)

    async def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(key_service, "wrap", broken)
    seals = [
        forgetful.seal(TEXT, subject=subject, matter=matter, label=LABEL)
        for subject, matter in ((new_id(), new_id()), unknown, known)
    ]
    *refused, sealed = await asyncio.gather(*seals, return_exceptions=True)
    assert [type(answer) for answer in refused] == [ConnectionError, ConnectionError]
    assert isinstance(sealed, Sealed)


async def test_another_key_encryption_key_opens_nothing(
    keyring: Keyring, keyring_databases: Databases, tmp_path: Path
) -> None:
    sealed = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    stranger = await Keyring.open(keyring_databases.dsn("keyring"), FileKeyService.at(tmp_path / "other"))
    with pytest.raises(KeyServiceRefused):
        await stranger.open_sealed(sealed)
    await stranger.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE keyring.data_keys SET wrapped = wrapped",
        "UPDATE keyring.data_keys SET destroyed_at = NULL",
        "DELETE FROM keyring.data_keys",
        "TRUNCATE keyring.data_keys",
        "DROP TABLE keyring.data_keys",
        "ALTER TABLE keyring.data_keys ADD COLUMN plain text",
        "INSERT INTO keyring.data_keys (key_id, subject, matter, suite, kek_id, destroyed_at) "
        "VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'A256GCM', 'k', now())",
        "CREATE TABLE public.plain (text text)",
    ],
)
async def test_the_role_of_the_keyring_may_read_and_add_and_nothing_else(
    keyring_databases: Databases, statement: str
) -> None:
    connection = await asyncpg.connect(keyring_databases.dsn("keyring"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.close()


async def test_neither_text_nor_key_reach_a_traceback_or_the_database(
    keyring: Keyring, admin: asyncpg.Connection
) -> None:
    sealed = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    with pytest.raises(SealBroken) as caught:
        await keyring.open_sealed(sealed.model_copy(update={"label": "party.name"}))
    shown = "".join(traceback.format_exception(caught.value)) + repr(keyring)
    rows = await admin.fetch("SELECT data_keys::text FROM keyring.data_keys")
    assert TEXT not in shown
    assert not any(TEXT in row[0] or TEXT.encode().hex() in row[0] for row in rows)


async def test_a_rehearsal_finds_the_key_that_stands_and_makes_none(
    keyring: Keyring, forgetful: Keyring, admin: asyncpg.Connection
) -> None:
    subject, matter = new_id(), new_id()
    closed = await forgetful.rehearse(TEXT, subject=subject, matter=matter, label=LABEL)
    assert (closed.subject, closed.matter, closed.label) == (subject, matter, LABEL)
    assert not await admin.fetchval("SELECT count(*) FROM keyring.data_keys WHERE subject = $1", subject)
    with pytest.raises(KeyLost):
        await forgetful.open_sealed(closed)
    sealed = await keyring.seal(TEXT, subject=subject, matter=matter, label=LABEL)
    assert sealed.key != closed.key
    for ring in (keyring, forgetful):
        assert await ring.rehearse(TEXT, subject=subject, matter=matter, label=LABEL) == sealed
    await admin.execute(ERASE, sealed.key)
    with pytest.raises(KeyDestroyed):
        await forgetful.rehearse(TEXT, subject=subject, matter=matter, label=LABEL)
