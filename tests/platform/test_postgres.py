"""The embedded PostgreSQL: whoever starts it, wherever it lies, whatever was killed before."""

import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from rongcuo.embedded import binaries
from rongcuo.embedded.postgres import Postgres
from rongcuo.embedded.process import ServerFailed, free_port
from tests.support.launch import PASSWORD

ROOT = os.geteuid() == 0
PATIENCE_S = 30


def _postgres(place: Path, port: int | None = None) -> Postgres:
    return Postgres(place / "postgres", password=PASSWORD, log=place / "log", port=port)


async def _ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@contextmanager
def _launcher(place: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    command = [sys.executable, "-m", "tests.support.launch", "postgres", str(place), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port, pid = process.stdout.readline().split()
        yield process, int(port), int(pid)


async def test_it_is_durable_and_speaks_chinese_from_a_path_with_spaces(tmp_path: Path) -> None:
    place = tmp_path / "数据 目录"
    place.mkdir()
    with _postgres(place) as server:
        assert server.version.startswith("postgres (PostgreSQL) 18.")
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert await _ask(server.dsn, f"SHOW {setting}") == "on"
        assert await _ask(server.dsn, "SHOW server_encoding") == "UTF8"
    assert server.pid is None


async def test_no_wrong_password_enters(tmp_path: Path) -> None:
    with _postgres(tmp_path) as server:
        for wrong in ("", "postgres"):
            with pytest.raises(asyncpg.PostgresError):
                await asyncpg.connect(host="127.0.0.1", port=server.port, user="postgres", password=wrong)


async def test_a_private_parent_stays_private_and_the_cluster_is_private_too(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = {parent: parent.stat().st_mode for parent in (private, *private.parents)}
    with _postgres(private) as server:
        assert await _ask(server.dsn, "SELECT 1") == 1
        runner = psutil.Process(server.pid).uids().effective
    assert {parent: parent.stat().st_mode for parent in before} == before
    assert (private / "postgres").stat().st_mode & 0o777 == 0o700
    assert (private / "log").stat().st_mode & 0o777 == 0o600
    assert not list(private.glob("*.new"))
    assert runner == (pwd.getpwnam("nobody").pw_uid if ROOT else os.geteuid())


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
async def test_another_user_starts_it_and_root_goes_on_as_that_user(tmp_path: Path) -> None:
    place = tmp_path / "home"
    place.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):  # a directory of our own tests
        parent.chmod(0o711)
    with _launcher(place, "--as", "nobody", "--bin-dir", str(binaries.programs())) as (process, port, pid):
        assert psutil.Process(pid).uids().real == nobody.pw_uid
        assert await _ask(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres", "SELECT 1") == 1
        process.communicate()
    assert not psutil.pid_exists(pid)
    with _postgres(place) as server:
        assert psutil.Process(server.pid).uids().real == nobody.pw_uid


async def test_an_occupied_port_is_replaced_and_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupier:
        taken = occupier.getsockname()[1]
        with _postgres(tmp_path, taken) as server:
            assert server.port != taken
            assert server.port_note == f"port {taken} is taken: PostgreSQL listens on {server.port}"
            assert await _ask(server.dsn, "SELECT 1") == 1


async def test_a_port_that_is_taken_between_choice_and_start_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupier:
        taken, spare = occupier.getsockname()[1], free_port()
        monkeypatch.setattr("rongcuo.embedded.postgres.free_port", lambda: taken)
        monkeypatch.setattr("rongcuo.embedded.process.free_port", lambda: spare)
        with _postgres(tmp_path) as server:
            assert server.port == spare
            assert await _ask(server.dsn, "SELECT 1") == 1


async def test_a_wished_port_is_used_when_it_is_free(tmp_path: Path) -> None:
    wish = free_port()
    with _postgres(tmp_path, wish) as server:
        assert (server.port, server.port_note) == (wish, None)


async def test_committed_rows_survive_when_the_server_is_killed(tmp_path: Path) -> None:
    server = _postgres(tmp_path)
    server.start()
    await _ask(server.dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert server.pid
    psutil.Process(server.pid).kill()
    server.start()
    assert await _ask(server.dsn, "SELECT answer FROM kept") == 42
    server.stop()


async def test_it_ends_with_its_parent_and_starts_again_at_once(tmp_path: Path) -> None:
    with _launcher(tmp_path) as (process, port, pid):
        await _ask(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres", "CREATE TABLE kept ()")
        orphan = psutil.Process(pid)
        process.kill()
    with _postgres(tmp_path) as server:
        assert await _ask(server.dsn, "SELECT count(*) FROM kept") == 0
        assert orphan.wait(PATIENCE_S) is None


async def test_a_server_that_outlived_its_parent_is_stopped_first(tmp_path: Path) -> None:
    first, second = _postgres(tmp_path), _postgres(tmp_path)
    first.start()
    second.start()
    assert first.pid is None
    assert await _ask(second.dsn, "SELECT 1") == 1
    second.stop()


async def test_a_lock_file_whose_pid_belongs_to_something_else_is_no_obstacle(tmp_path: Path) -> None:
    with _postgres(tmp_path):
        pass
    lock = tmp_path / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/elsewhere\n0\n1\n\n\n\nready\n")
    with _postgres(tmp_path) as server:
        assert await _ask(server.dsn, "SELECT 1") == 1


def test_a_start_that_was_cut_short_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "cluster").mkdir(parents=True)
    (tmp_path / "postgres.new" / "cluster" / "PG_VERSION").write_text("18")
    with _postgres(tmp_path) as server:
        assert server.pid


def test_a_damaged_cluster_is_an_error_that_quotes_the_log(tmp_path: Path) -> None:
    with _postgres(tmp_path):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ServerFailed, match="not compatible"):
        _postgres(tmp_path).start()


@pytest.mark.skipif(not ROOT, reason="only root copies the programs")
def test_the_copy_for_other_accounts_is_whole_and_roots_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_SHARED_PLACE", tmp_path)
    postgres = binaries.programs() / "postgres"
    postgres.unlink()
    assert (binaries.programs() / "postgres").is_file()
    place = next(tmp_path.iterdir())
    place.chmod(0o777)
    with pytest.raises(binaries.BinariesRefused, match="others may write"):
        binaries.programs()
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(binaries.BinariesRefused, match="not made by root"):
        binaries.programs()
