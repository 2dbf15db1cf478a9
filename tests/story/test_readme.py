"""The walk-through of the README works word for word."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.story.installations import Installation, installed
from tests.story.processes import ROOT, clean_environment
from tests.support.servers import Server

ADDRESS = "http://127.0.0.1:8080"
COMMANDS = 11
CASE = [
    *("ToleranceInitiated", "InvestigationOpened", "OfficeAssigned", "HandlingRecorded", "InvestigationRecorded"),
    *("DefenceHeard", "ReportFiled", "AccessGranted", "ToleranceConcluded", "ConclusionIssued", "FedBack"),
]
"""The history as the office that handles the case is told it: not what sets nothing and was written with votes."""


def walk_through() -> str:
    """Return the block of shell commands that a newcomer copies."""
    found = re.search(r"<!-- walk-through -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
async def running(server: Server, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installed(tmp_path, server.dsn, None) as installation:
        yield installation


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory with the two programs that `make setup` puts into .venv/bin; both are of this checkout."""
    programs = tmp_path / "checkout" / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, what in {"python": "", "rongcuo": "-m rongcuo"}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {what} "$@"\n')
        program.chmod(0o755)
    return tmp_path / "checkout"


def test_every_command_succeeds_and_inbox_and_history_are_printed(running: Installation, checkout: Path) -> None:
    assert ADDRESS in walk_through()
    script = walk_through().replace(ADDRESS, running.base["intake"])
    environment = clean_environment(RONGCUO_DATA=str(running.data))
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    *answers, inbox, history = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == COMMANDS
    assert [answer for answer in answers if "code" in answer] == []
    assert [notice["template"] for notice in inbox["items"]] == ["tolerance_fed_back", "submission_accepted"]
    assert [event["type"] for event in history["items"]] == CASE
