"""A system that may send one command at a time comes through: it waits, and signs anew what it sends again."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from rongcuo.platform import application, workers
from shared.settings import Settings
from tests.authz.doors import SECRET, Doors, doors
from tests.journeys.pages import clients, journeys, program
from tests.story.processes import clean_environment

__all__ = ["doors"]


@pytest.fixture
async def address(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A service with a budget of one command; its minute has a second, so that the test has not five minutes."""
    monkeypatch.setattr("shared.web.rate_limits.WINDOW_S", 1)
    settings = Settings(data=doors.installation.settings.data, rate_commands=1)
    installation, stop = replace(doors.installation, settings=settings), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with workers(installation, ["intake"]) as running, asyncio.TaskGroup() as group:
            config = uvicorn.Config(application(installation, ["intake"], running), log_config=None, access_log=False)
            server = uvicorn.Server(config)
            group.create_task(server.serve(sockets=[listening]))
            for worker in running:
                group.create_task(worker.run(stop))
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            server.should_exit = True
            stop.set()


@pytest.mark.parametrize(("written_in", "command"), [("curl", ["bash", "-c"]), ("Python", [sys.executable, "-c"])])
async def test_what_was_refused_for_its_rate_is_signed_anew(
    address: str, tmp_path: Path, written_in: str, command: list[str]
) -> None:
    for name, source in clients().items():
        (tmp_path / name).write_text(source)
    environment = clean_environment(API=address, APP_ID="province-01", APP_SECRET=SECRET.decode())
    source = program(journeys()[-1], written_in)
    done = await asyncio.to_thread(
        subprocess.run, [*command, source], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rate-limited" not in done.stdout
    assert "nonce-replayed" not in done.stdout
    assert "jurisdiction-not-permitted" in done.stdout, "the last command was let in, too"
