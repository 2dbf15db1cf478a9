"""Somebody's copy of a list, which follows its tokens, and who changes what he sees meanwhile."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from tests.access.callers import Who
from tests.access.cases import CASES
from tests.access.world import World

LEADER = Who(subject="leader-sync")


@dataclass
class Copy:
    """Somebody's copy of a list, and the tokens by which it grows."""

    world: World
    headers: dict[str, str]
    path: str = CASES
    query: str = "limit=3"
    since: str | None = None
    rows: dict[str, Any] = field(default_factory=dict)
    buried: set[str] = field(default_factory=set)

    async def get(self) -> httpx.Response:
        """Ask for one page."""
        since = f"&since={self.since}" if self.since else ""
        return await self.world.http.get(f"{self.path}/changes?{self.query}{since}", headers=self.headers)

    async def page(self) -> bool:
        """Take one page; tell whether there is more."""
        answer = await self.get()
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert (page["next"] is None) != (page["delta"] is None), "one token, never both"
        assert ("next" in answer.links) == (page["next"] is not None)
        assert len(page["items"]) + len(page["tombstones"]) <= int(self.query.split("limit=")[1].split("&")[0])
        self.rows |= {row["id"]: row for row in page["items"]}
        for grave in page["tombstones"]:
            self.buried.add(grave["id"])
            self.rows.pop(grave["id"], None)
        self.since = page["next"] or page["delta"]
        return page["next"] is not None

    async def sync(self) -> "Copy":
        """Take all there is."""
        self.buried = set()
        while await self.page():
            pass
        return self

    async def listed(self) -> dict[str, Any]:
        """Return what the list itself shows."""
        query = re.sub("limit=[0-9]+", "limit=200", self.query)
        answer = await self.world.http.get(f"{self.path}?{query}", headers=self.headers)
        return {row["id"]: row for row in answer.json()["items"]}


def headers_of(world: World, role: str, who: Who = LEADER, *more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.tokens.token(who, role, *more)}"}


async def lead(world: World, command: str, body: Any = None, case: str = "case county spare") -> None:
    await world.desks.leader().command(f"{CASES}/{world.names[case]}", command, body)


def in_(world: World, **span: float) -> Any:
    return world.clock() + timedelta(**span)
