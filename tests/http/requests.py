"""Bad requests as data, how they are sent, and what every refusal must look like."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from shared.kernel.ids import new_id
from tests.http.world import World

ECHO = "不该回显的内容echo"
INTERNAL = re.compile(r"Traceback|Exception|Error|pydantic|asyncpg|sqlalchemy|fastapi|SELECT|INSERT|\.py|0x[0-9a-f]{6}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Bad:
    """A request and its refusal. `{names}` of the world stand in path and body; `{new}` is an id never used before.

    A body of bytes is sent as it is, anything else as JSON. Commands get a fresh Idempotency-Key and the standing
    version in If-Match; `headers` win, and None leaves a header out. `who` "" sends no token.
    """

    status: int
    code: str
    request: str
    body: Any = None
    who: str = "officer"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    chunked: bool = False


async def send(world: World, bad: Bad) -> httpx.Response:
    """Send a bad request."""
    names = {**world.names, "new": str(new_id())}
    method, path = named(bad.request, names).split(" ", 1)
    text = bad.body.decode("latin-1") if isinstance(bad.body, bytes) else json.dumps(bad.body)
    content = named(text, names).encode("latin-1")
    headers = await _headers(world, bad, method, path)
    body = None if bad.body is None else _in_chunks(content) if bad.chunked else content
    return await world.http.request(method, path, headers=headers, content=body)


def named(text: str, names: Mapping[str, str]) -> str:
    """Put the names of the world into a text."""
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[0]), text)


async def _headers(world: World, bad: Bad, method: str, path: str) -> dict[str, str]:
    headers: dict[str, str | None] = {"Content-Type": "application/json"} if bad.body is not None else {}
    if bad.who:
        headers["Authorization"] = f"Bearer {world.tokens[bad.who]}"
    if method == "POST":
        headers["Idempotency-Key"] = str(new_id())
        headers["If-Match"] = await _standing(world, path.partition("?")[0].rpartition("/")[0])
    return {name: text for name, text in (headers | dict(bad.headers)).items() if text is not None}


async def _standing(world: World, resource: str) -> str | None:
    """Return the ETag of the resource on which a command works; None for a collection."""
    auditor = {"Authorization": f"Bearer {world.tokens['auditor']}"}
    tag: str | None = (await world.http.get(resource, headers=auditor)).headers.get("etag")
    return tag


async def _in_chunks(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), 65_536):
        yield content[begin : begin + 65_536]


async def assert_refused(world: World, answer: httpx.Response, bad: Bad) -> dict[str, Any]:
    """Assert that the answer is a problem as published, in Chinese, that repeats nothing and tells nothing internal."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (bad.status, bad.code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["type"]) == (bad.status, f"/problems/{bad.code}")
    assert CHINESE.search(problem["title"])
    assert CHINESE.search(problem["detail"])
    assert str(UUID(problem["trace_id"])) == answer.headers["x-request-id"]
    assert ECHO not in answer.text
    assert "echo" not in answer.text
    assert INTERNAL.search(answer.text) is None
    described = await world.http.get(problem["type"])
    assert (described.status_code, described.json()["title_zh"]) == (200, problem["title"])
    return problem
