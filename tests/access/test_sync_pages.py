"""Delta sync while permissions change between two pages: nothing is lost, and nothing is sent that has ended."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from shared.web import changes
from tests.access.callers import Who
from tests.access.cases import grant_to
from tests.access.copies import Copy, headers_of, in_, lead
from tests.access.world import World


@pytest.fixture(scope="module", autouse=True)
async def _working(world: World) -> AsyncIterator[None]:
    async with world.working():
        yield


@dataclass
class Granted:
    """A guest with grants on cases of the county, in the order of their ids, who syncs them one by one."""

    world: World
    guest: Who
    roles: tuple[str, ...]
    grants: dict[tuple[str, str], str] = field(default_factory=dict)

    def cases(self) -> list[str]:
        """Return the names of the cases."""
        stages = ("spare", "concluded", "complete")
        return sorted((f"case county {stage}" for stage in stages), key=self.world.names.__getitem__)

    async def grant(self, case: str, role: str) -> None:
        grant = grant_to(self.guest.subject, role, in_(self.world, hours=1))
        self.grants[case, role] = grant["grant_id"]
        await lead(self.world, "access-grants", grant, case)

    async def end(self, case: str, role: str) -> None:
        await lead(self.world, f"access-grants/{self.grants[case, role]}/end", case=case)

    async def begin(self) -> Copy:
        """Grant all, and take the first page."""
        for case in self.cases():
            for role in self.roles:
                await self.grant(case, role)
        copy = Copy(self.world, headers_of(self.world, self.roles[0], self.guest, *self.roles[1:]), query="limit=1")
        assert await copy.page()
        return copy


async def test_a_case_that_is_out_of_sight_for_some_pages_only_is_not_lost(world: World) -> None:
    guest = Granted(world, Who(subject="expert-held"), ("expert_group",))
    copy, last = await guest.begin(), guest.cases()[-1]
    await guest.end(last, "expert_group")
    assert world.names[last] not in (await copy.sync()).rows
    await guest.grant(last, "expert_group")
    assert world.names[last] in (await copy.sync()).rows
    assert copy.rows == await copy.listed()


async def test_an_outcome_that_is_not_permitted_any_more_is_not_sent(world: World) -> None:
    guest = Granted(world, Who(subject="member-held"), ("adjudication_committee", "expert_group"))
    copy = await guest.begin()
    for case in guest.cases():
        await guest.end(case, "adjudication_committee")
    first, copy.rows = copy.rows, {}
    listed = await copy.listed()
    await copy.sync()
    assert copy.rows == {thing: listed[thing] for thing in copy.rows}
    copy.rows |= first
    assert (await copy.sync()).rows == listed
    assert {row["outcome"] for row in listed.values()} == {None}


async def test_a_copy_of_which_too_much_is_unsettled_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = Granted(world, Who(subject="expert-unsettled"), ("expert_group",))
    copy = await guest.begin()
    for case in guest.cases():
        await guest.end(case, "expert_group")
    monkeypatch.setattr(changes, "_UNSETTLED", 1)
    answer = await copy.get()
    while answer.status_code == 200:
        copy.since = answer.json()["next"]
        answer = await copy.get()
    assert (answer.status_code, answer.json()["code"]) == (410, "sync-restart")
    assert (await Copy(world, copy.headers).sync()).rows == {}
