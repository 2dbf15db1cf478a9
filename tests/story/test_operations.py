"""What an operator does from the command line, beside eight running processes."""

import asyncio
from collections.abc import AsyncIterator
from subprocess import CompletedProcess

import asyncpg
import pytest

from tests.story.conftest import Told, told_in
from tests.story.installations import installed
from tests.story.processes import run_program
from tests.support.servers import Server


@pytest.fixture(scope="module")
async def operated(server: Server, kafka: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """A story of its own: what operators do leaves traces on the topics."""
    async with installed(tmp_path_factory.mktemp("operated"), server.dsn, kafka) as installation:
        yield await told_in(installation)


async def _run(told: Told, *arguments: str) -> CompletedProcess[str]:
    environment = told.installation.processes.environment
    return await asyncio.to_thread(run_program, *arguments, environment=environment)


async def _ask(told: Told, service: str, query: str) -> object:
    connection = await asyncpg.connect(told.installation.databases.admin(service))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _until(told: Told, service: str, query: str) -> None:
    """Wait until `query` answers true; fails after half a minute."""
    async with asyncio.timeout(30):
        while not await _ask(told, service, query):
            await asyncio.sleep(0.1)


async def test_topics_are_made_once_and_checked_afterwards(operated: Told) -> None:
    assert (await _run(operated, "topics")).stdout == "topics: ok\n"


async def test_nothing_is_parked_after_a_good_story(operated: Told) -> None:
    listed = await _run(operated, "parked", "list", "archive")
    assert (listed.returncode, "tolerance_case" in listed.stdout) == (0, False)
    discarded = await _run(
        operated, "parked", "discard", "archive", "archive.adjudication", "adjudication", "x", "--reason", "none"
    )
    assert (discarded.returncode, "Traceback" in discarded.stderr) == (1, False)


async def test_a_read_model_is_built_anew_by_the_running_worker(operated: Told) -> None:
    query = "SELECT max(generation) FILTER (WHERE state = 'active') > {} FROM log.read_models WHERE name = 'case_list'"
    before = await _ask(operated, "adjudication", "SELECT max(generation) FROM log.read_models")
    assert (await _run(operated, "rebuild", "adjudication", "case_list")).stdout == "rebuild: case_list begun\n"
    await _until(operated, "adjudication", query.format(before))


async def test_publishing_again_has_no_second_effect(operated: Told) -> None:
    before = await _ask(operated, "notification", "SELECT position FROM log.head")
    epoch = await _ask(operated, "intake", "SELECT epoch FROM log.relay")
    assert (await _run(operated, "republish", "intake", "--from", "1")).returncode == 0
    moved = f"SELECT r.epoch > {epoch} AND r.position = h.position FROM log.relay AS r, log.head AS h"
    await _until(operated, "intake", moved)
    await _until(operated, "notification", "SELECT count(*) > 0 FROM log.places")
    assert await _ask(operated, "notification", "SELECT position FROM log.head") == before


async def test_log_and_topic_are_compared_without_touching_them(operated: Told) -> None:
    before = await _ask(operated, "intake", "SELECT position FROM log.head")
    looked = await _run(operated, "recover", "intake", "--look")
    assert (looked.returncode, looked.stderr) == (0, "")
    assert await _ask(operated, "intake", "SELECT position FROM log.head") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("rebuild", "intake", "nothing"),
        ("rebuild", "nothing", "case_list"),
        ("republish", "intake", "--from", "100000"),
        ("parked", "list", "nothing"),
        ("parked", "discard", "archive", "archive.adjudication", "adjudication", "x", "--reason", "No Code"),
        ("token", "--role", "king", "--jurisdiction", "331123"),
    ],
    ids=" ".join,
)
async def test_what_cannot_be_meant_is_told_in_words(operated: Told, arguments: tuple[str, ...]) -> None:
    refused = await _run(operated, *arguments)
    assert refused.returncode in {1, 2}
    assert "Traceback" not in refused.stderr
    assert refused.stderr.strip()
