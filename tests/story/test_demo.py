"""`rongcuo demo` works for everybody, everywhere, again and again, and leaves nothing running."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.test_sizes import tracked
from tests.story.processes import ROOT, clean_environment, left_running

DEMO = ["-m", "rongcuo", "demo"]
NOBODY = pwd.getpwnam("nobody")
READER = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def play(command: Sequence[str], place: Path, cwd: Path) -> str:
    """Play the demonstration with all its files in `place`; return what it said when everything is as it has to be."""
    environment = clean_environment() | {"TMPDIR": str(place), "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("demo: ok · 事项 2 · "), done.stdout
    assert left_running(place) == []
    assert list(place.iterdir()) == []
    return done.stdout


def test_it_works_twice_and_leaves_neither_process_nor_file(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    first = play([sys.executable, *DEMO], place, ROOT)
    second = play([sys.executable, *DEMO], place, ROOT)
    assert first.splitlines()[-1] == second.splitlines()[-1]
    assert "案结卷成" in second


def test_make_demo_is_the_same_program() -> None:
    make = shutil.which("make")
    assert make
    told = subprocess.run([make, "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[-1] == ".venv/bin/python -m rongcuo demo"


def test_it_works_for_another_user_from_a_path_with_a_space(tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("path with a space") / "容错 checkout"
    for path in tracked("*"):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    place = copy.parent / "home of nobody"
    place.mkdir()
    _open_to_everybody(copy)
    prefix = _as_nobody(place) if os.geteuid() == 0 else []
    play([*prefix, sys.executable, *DEMO], place, copy)


def _open_to_everybody(copy: Path) -> None:
    """Let every account walk to the copy, which pytest has kept for ourselves."""
    for place in (copy, *copy.parents[:3]):
        place.chmod(place.stat().st_mode | 0o055)


def _as_nobody(home: Path) -> list[str]:
    """Return the command before a command that makes `nobody` run it, where that account can read this Python."""
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    become = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups"]
    for prefix in (become, [*become, *READER]):
        tried = subprocess.run([*prefix, sys.executable, "-c", "import uvicorn"], capture_output=True, check=False)
        if tried.returncode == 0:
            return prefix
    pytest.skip(f"nobody cannot read {sys.executable}")
