"""A client of the public HTTP API: what an integrator would write, with nothing of the server in it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from shared.kernel.ids import new_id

Json = dict[str, Any]
Token = Callable[..., str]


class Refused(Exception):
    """The service answered with a problem document; `problem` is its body."""

    def __init__(self, step: str, problem: Json) -> None:
        super().__init__(f"{step}: {problem.get('status')} {problem.get('code')}: {problem.get('detail')}")
        self.problem = problem


class NeverCame(Exception):
    """Something that a bus brings did not come in time."""


@dataclass
class Desk:
    """One person or organ at the API: a bearer token and the calls made with it.

    `base` maps a service to the address where it is served, so that the same story runs against one process or eight.
    """

    http: httpx.AsyncClient
    base: Mapping[str, str]
    token: str
    etags: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Json:
        """Read a resource and remember its ETag for the command that follows."""
        return await self._send("GET", path, None, headers)

    async def put(self, path: str, body: Json) -> Json:
        """Write a draft."""
        return await self._send("PUT", path, body, {})

    async def create(self, path: str, body: Json) -> Json:
        """Run a command that begins a resource."""
        return await self._send("POST", path, body, {"Idempotency-Key": str(new_id())})

    async def command(self, resource: str, command: str, body: Json | None = None) -> Json:
        """Run a command on a resource in the version that was read just now."""
        await self.get(resource)
        headers = {"Idempotency-Key": str(new_id()), "If-Match": self.etags[resource]}
        return await self._send("POST", f"{resource}/{command}", body or {}, headers)

    async def until(self, path: str, ready: Callable[[Json], bool], *, seconds: float = 60) -> Json:
        """Read again and again until the bus has brought what `ready` looks for; raises NeverCame after `seconds`."""
        for _ in range(int(seconds / 0.1)):
            try:
                if ready(answer := await self.get(path)):
                    return answer
            except Refused as refusal:
                if refusal.problem.get("status") not in {404, 503}:
                    raise
            await asyncio.sleep(0.1)
        raise NeverCame(path)

    async def _send(self, method: str, path: str, body: Json | None, headers: Mapping[str, str]) -> Json:
        address = self.base[path.split("/", 2)[1]] + path
        answer = await self.http.request(
            method, address, json=body, headers={"Authorization": f"Bearer {self.token}", **headers}
        )
        document: Json = answer.json()
        if answer.is_error:
            raise Refused(f"{method} {path}", document)
        if "ETag" in answer.headers:
            self.etags[path] = answer.headers["ETag"]
        return document


def identify(answer: Json) -> UUID:
    """Return the id that an answer names."""
    return UUID(answer["id"])
