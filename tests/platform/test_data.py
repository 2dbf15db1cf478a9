"""The data directory: private, locked, and never laid over something else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rongcuo.embedded.data import DataDirectory, DataDirectoryRefused

HOLD = "import sys; from pathlib import Path; from rongcuo.embedded.data import DataDirectory\n"
HOLD += "DataDirectory(Path(sys.argv[1])).open(); print(flush=True); sys.stdin.read()"


def test_directories_and_secrets_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with DataDirectory(tmp_path / "data") as data:
            data.role_secret(), data.token_secret(), data.postgres_password()
    finally:
        os.umask(before)
    for path in (data.root, *data.root.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_secrets_differ_from_one_another_and_stay_the_same(tmp_path: Path) -> None:
    with DataDirectory(tmp_path / "data") as data:
        first = (data.role_secret(), data.token_secret(), data.postgres_password())
    with DataDirectory(tmp_path / "data") as data:
        assert (data.role_secret(), data.token_secret(), data.postgres_password()) == first
    assert first[0] != first[1]
    assert len(first[0]) == 32


def test_a_second_process_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(DataDirectoryRefused, match=f"in use by process {holder.pid}$"):
            DataDirectory(tmp_path / "data").open()
        holder.kill()
        holder.wait()
        with DataDirectory(tmp_path / "data"):
            pass


def test_a_directory_of_other_things_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letter.txt").write_text("something else")
    with pytest.raises(DataDirectoryRefused, match="holds other things"):
        DataDirectory(tmp_path).open()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_directory_that_was_opened_to_others_is_refused(tmp_path: Path) -> None:
    with DataDirectory(tmp_path / "data") as data:
        pass
    data.root.chmod(0o750)
    with pytest.raises(DataDirectoryRefused, match="chmod 700"):
        data.open()


def test_a_damaged_secret_is_never_replaced(tmp_path: Path) -> None:
    with DataDirectory(tmp_path / "data") as data:
        data.role_secret()
        (data.secrets / "roles").write_text("")
        with pytest.raises(DataDirectoryRefused, match="damaged"):
            data.role_secret()
