"""A sandbox says on every answer that it is one, whatever is asked and whoever answers."""

import httpx
import pytest

from tests.story.conftest import Told

PATHS = (
    "/healthz",
    "/readyz",
    "/version",
    "/problems/not-found",
    "/intake/openapi.json",
    "/intake/v1/parties/no-id",
    "/intake/v1/no-such-thing",
    "/nowhere",
)


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_of_an_api_says_so(local_story: Told, path: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:  # the first document takes seconds to make
        for method in ("GET", "HEAD", "POST"):
            answer = await http.request(method, local_story.installation.base["intake"] + path)
            assert answer.headers.get_list("rongcuo-sandbox") == ["true"]


async def test_the_answers_of_a_worker_say_so(kafka_story: Told) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{kafka_story.installation.processes.address('intake.worker')}/healthz")
    assert answer.headers["rongcuo-sandbox"] == "true"
