"""The key-encryption key lies in a file for its owner alone, and opens only what it wrapped for the same place."""

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from shared.keyring.key_service import FileKeyService, KeyServiceRefused, Wrapped
from shared.keyring.private_file import PrivateFileRefused, read_or_make

DATA_KEY = bytes(range(32))


def make(path: Path, content: bytes) -> bytes:
    return read_or_make(path, lambda: content)


async def test_a_data_key_comes_back_from_a_service_opened_again(tmp_path: Path) -> None:
    wrapped = await FileKeyService.at(tmp_path / "kek").wrap(DATA_KEY, b"place")
    assert await FileKeyService.at(tmp_path / "kek").unwrap(wrapped, b"place") == DATA_KEY


def test_the_key_file_is_for_its_owner_alone_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "kek"
    FileKeyService.at(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_size == 32
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kek"
    FileKeyService.at(path)
    path.chmod(mode)
    with pytest.raises(PrivateFileRefused, match="0600"):
        FileKeyService.at(path)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_file_of_another_length_is_refused_and_left_as_it_is(tmp_path: Path, length: int) -> None:
    path = tmp_path / "kek"
    make(path, b"k" * length)
    with pytest.raises(PrivateFileRefused, match=f"{length} bytes"):
        FileKeyService.at(path)
    assert path.read_bytes() == b"k" * length


def test_of_many_processes_that_start_at_once_one_makes_the_file(tmp_path: Path) -> None:
    contents = [bytes([number]) * 32 for number in range(24)]
    context = get_context("forkserver")
    with context.Pool(4) as processes:
        read = processes.starmap(make, [(tmp_path / "kek", content) for content in contents], chunksize=1)
    assert len(set(read)) == 1
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda content: make(tmp_path / "kek", content), contents)) == set(read)
    assert [path.name for path in tmp_path.iterdir()] == ["kek"]


async def test_another_key_encryption_key_is_named_and_opens_nothing(tmp_path: Path) -> None:
    ours, theirs = FileKeyService.at(tmp_path / "a"), FileKeyService.at(tmp_path / "b")
    wrapped = await ours.wrap(DATA_KEY, b"place")
    with pytest.raises(KeyServiceRefused, match=wrapped.kek_id):
        await theirs.unwrap(wrapped, b"place")
    renamed = Wrapped((await theirs.wrap(DATA_KEY, b"place")).kek_id, wrapped.data)
    with pytest.raises(KeyServiceRefused, match="altered"):
        await theirs.unwrap(renamed, b"place")


async def test_a_wrapped_key_moved_or_altered_is_refused(tmp_path: Path) -> None:
    service = FileKeyService.at(tmp_path / "kek")
    wrapped = await service.wrap(DATA_KEY, b"place")
    for data, aad in [
        (wrapped.data, b"elsewhere"),
        (wrapped.data[:-1], b"place"),
        (wrapped.data[:11], b"place"),
        (b"", b"place"),
        (bytes([wrapped.data[0] ^ 1]) + wrapped.data[1:], b"place"),
    ]:
        with pytest.raises(KeyServiceRefused):
            await service.unwrap(Wrapped(wrapped.kek_id, data), aad)


async def test_no_key_stands_in_a_representation(tmp_path: Path) -> None:
    service = FileKeyService.at(tmp_path / "kek")
    key = (tmp_path / "kek").read_bytes()
    wrapped = await service.wrap(DATA_KEY, b"place")
    for shown in (repr(service), repr(wrapped), str(wrapped)):
        assert repr(key)[2:12] not in shown
        assert key.hex() not in shown
        assert "data" not in shown
