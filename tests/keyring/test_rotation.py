"""A new key-encryption key takes over while everything goes on, and the old one can be destroyed in the end."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.database.databases import Databases
from shared.kernel.ids import new_id
from shared.kernel.sealed import Sealed
from shared.keyring import rotation
from shared.keyring.key_service import FileKeyService, KeyServiceRefused, begin_anew, forget_older
from shared.keyring.keyring import Keyring
from shared.keyring.rotation import rewrap_all

TEXT = "某某在座谈会上的陈述"
LABEL = "submission.statement"
WRAPPED_BY = "SELECT count(*) FROM keyring.data_keys WHERE kek_id = $1"


@pytest.fixture
async def owner(admin: asyncpg.Connection, keyring_databases: Databases) -> asyncpg.Connection:
    """The owner of the tables, with no key there from another test, whose key-encryption key is gone."""
    await admin.execute("DELETE FROM keyring.data_keys")
    await admin.execute(f'SET ROLE "{keyring_databases.role("owner")}"')
    return admin


async def sealed_by(keyring: Keyring, count: int) -> list[tuple[Sealed[str], str]]:
    texts = [f"{TEXT}{number}" for number in range(count)]
    sealing = [keyring.seal(text, subject=new_id(), matter=new_id(), label=LABEL) for text in texts]
    return list(zip(await asyncio.gather(*sealing), texts, strict=True))


async def test_every_key_moves_and_every_text_still_opens(
    keyring: Keyring,
    forgetful: Keyring,
    owner: asyncpg.Connection,
    tmp_path: Path,
    key_service: FileKeyService,
    keyring_databases: Databases,
) -> None:
    told, old = await sealed_by(keyring, 25), await key_service.current()
    erased = await keyring.seal(TEXT, subject=new_id(), matter=new_id(), label=LABEL)
    await keyring.destroy([(erased.subject, erased.matter)])
    new = begin_anew(tmp_path / "kek")
    rotated = await rewrap_all(owner, FileKeyService.at(tmp_path / "kek"))
    assert (rotated.kek_id, rotated.rewrapped, rotated.left) == (new, 25, {})
    assert new != old
    forget_older(tmp_path / "kek", old)
    alone = FileKeyService.at(tmp_path / "kek")
    reader = await Keyring.open(keyring_databases.dsn("keyring"), alone)
    for sealed, text in told:
        assert await reader.open_sealed(sealed) == text
        assert await forgetful.open_sealed(sealed) == text
    assert await reader.open_sealed(erased) is None
    again = await rewrap_all(owner, alone)
    assert (again.rewrapped, again.left) == (0, {})
    await reader.close()


async def test_a_process_that_runs_takes_the_new_key_up(
    keyring: Keyring, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await sealed_by(keyring, 1)
    new = begin_anew(tmp_path / "kek")
    await sealed_by(keyring, 2)
    assert await owner.fetchval(WRAPPED_BY, new) == 2


async def test_a_run_that_was_cut_off_goes_on_where_it_was(
    keyring: Keyring, owner: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await sealed_by(keyring, 20)
    begin_anew(tmp_path / "kek")
    service = FileKeyService.at(tmp_path / "kek")
    monkeypatch.setattr(rotation, "_BATCH", 6)
    rewrap, batches = rotation._rewrapped, 0

    async def cut(service: FileKeyService, row: asyncpg.Record) -> bytes | None:
        nonlocal batches
        batches += 1
        if batches > 13:
            raise ConnectionError("cut off")
        return await rewrap(service, row)

    monkeypatch.setattr(rotation, "_rewrapped", cut)
    with pytest.raises(ConnectionError):
        await rewrap_all(owner, service)
    monkeypatch.setattr(rotation, "_rewrapped", rewrap)
    assert await owner.fetchval(WRAPPED_BY, await service.current()) == 12
    assert (await rewrap_all(owner, service)).rewrapped == 8
    for sealed, text in told:
        assert await keyring.open_sealed(sealed) == text


async def test_a_key_that_is_destroyed_meanwhile_stays_destroyed(
    keyring: Keyring, owner: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((sealed, _),) = await sealed_by(keyring, 1)
    begin_anew(tmp_path / "kek")
    rewrap = rotation._rewrapped

    async def overtaken(service: FileKeyService, row: asyncpg.Record) -> bytes | None:
        made = await rewrap(service, row)
        await keyring.destroy([(row["subject"], row["matter"])])
        return made

    monkeypatch.setattr(rotation, "_rewrapped", overtaken)
    assert (await rewrap_all(owner, FileKeyService.at(tmp_path / "kek"))).rewrapped == 0
    assert await keyring.open_sealed(sealed) is None


async def test_what_cannot_be_unwrapped_is_left_and_counted(
    keyring: Keyring, owner: asyncpg.Connection, tmp_path: Path, key_service: FileKeyService
) -> None:
    await sealed_by(keyring, 3)
    stranger = FileKeyService.at(tmp_path / "another")
    rotated = await rewrap_all(owner, stranger)
    assert (rotated.rewrapped, rotated.left) == (0, {await key_service.current(): 3})


async def test_older_keys_only_unwrap(tmp_path: Path) -> None:
    older, newer = b"o" * 32, b"n" * 32
    wrapped = await FileKeyService(older).wrap(b"k" * 32, b"place")
    both = FileKeyService(newer, [older])
    assert await both.unwrap(wrapped, b"place") == b"k" * 32
    assert (
        (await both.wrap(b"k" * 32, b"place")).kek_id == await both.current() == await FileKeyService(newer).current()
    )
    with pytest.raises(KeyServiceRefused, match=wrapped.kek_id):
        await FileKeyService(newer).unwrap(wrapped, b"place")


async def test_beginning_anew_after_a_crash_loses_no_key(tmp_path: Path) -> None:
    service = FileKeyService.at(tmp_path / "kek")
    wrapped = await service.wrap(b"k" * 32, b"place")
    (tmp_path / f"kek.{wrapped.kek_id}").write_bytes((tmp_path / "kek").read_bytes())  # cut off in the middle
    (tmp_path / f"kek.{wrapped.kek_id}").chmod(0o600)
    begin_anew(tmp_path / "kek")
    begin_anew(tmp_path / "kek")
    assert len(list(tmp_path.glob("kek.*"))) == 2
    assert await FileKeyService.at(tmp_path / "kek").unwrap(wrapped, b"place") == b"k" * 32
