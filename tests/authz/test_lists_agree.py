"""What a list shows is what the policies permit, thing by thing, in random worlds, for callers of every role."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from random import Random  # noqa: TID251 - a world of chance, the same in every run
from typing import Any, cast
from uuid import UUID

import pytest

from services.intake.adapters.draft_table import DraftTable
from services.intake.application.drafts import Draft, DraftContent, Drafts, Submitted
from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.policy_engine import policies
from shared.authz.roles import Role
from shared.database.databases import Databases
from shared.eventstore.engine import open_engine
from shared.eventstore.readmodels import ReadModelRunner, reading, wait_for
from shared.eventstore.store import open_store
from shared.kernel.ids import new_id
from shared.web.listing import permitted_rows
from shared.web.problems import Problem
from shared.web.sealing import Edge
from tests.authz.worlds import LISTS, OFFICES, PARTIES, PEOPLE, PLACES, Listed, Thing, peopled
from tests.support import builders as b

CALLERS, FEW = 40, 5
SCOPES = (*PLACES, "331100*", "330000*", "000000*")
HOUR, MONTH = b.AT + timedelta(hours=1), b.AT + timedelta(days=30)
INSTANT = timedelta(microseconds=1)
MOMENTS = (b.AT - INSTANT, b.AT, HOUR - INSTANT, HOUR, MONTH - INSTANT, MONTH, MONTH + timedelta(days=10))
"""An unmasking is shown for an hour; grants begin at once and end after 30, 41 and 90 days."""


def _callers(chance: Random, action: str) -> Iterator[Caller]:
    """Yield callers of every role, most of them without another, and more of the roles that may ever do `action`."""
    for role in sorted(Role):
        for number in range(CALLERS if policies().ever(frozenset({role}), action) else 3):
            person, more = chance.choice(PEOPLE), chance.sample(sorted(Role), 2) if number % 5 == 0 else []
            yield Caller(
                issuer="issuer",
                subject=person.upper() if chance.random() < 0.2 else person,
                roles=frozenset(each.value for each in (role, *more)),
                organisation=chance.choice([None, *OFFICES]),
                jurisdictions=chance.choice([("000000*",), tuple(chance.sample(SCOPES, chance.choice([0, 1, 2])))]),
                party=chance.choice([None, *PARTIES]),
            )


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.action)
async def test_a_list_shows_what_the_policies_permit_one_by_one(databases: Databases, listed: Listed) -> None:
    chance, engine, stop = Random(20261122), open_engine(databases.dsn(listed.service)), asyncio.Event()
    async with open_store(databases.dsn(listed.service), listed.service, connections=2) as store:
        things = await peopled(listed, store, chance)
        running = asyncio.create_task(ReadModelRunner(engine, store.log, [listed.projection.MODEL]).run(stop))
        assert await wait_for(engine, listed.projection.MODEL, await store.log.head(), 20)
        shown = Counter[frozenset[str]]()
        for caller in _callers(chance, listed.action):
            access, at = Access(caller, listed.action, new_id()), chance.choice(MOMENTS)
            found = await _list(listed, engine, access, at)
            assert found == _permitted(listed, things, access, at), (caller, at)
            shown[caller.roles] += len(found)
        stop.set()
        await running
    await engine.dispose()
    may = [frozenset({role.value}) for role in policies().roles(listed.action)]
    assert [role for role in may if shown[role] < FEW] == [], "roles that have seen next to nothing prove nothing"


async def test_the_list_of_drafts_shows_what_is_read_one_by_one(databases: Databases) -> None:
    chance, engine, clock = Random(20261122), open_engine(databases.dsn("intake")), lambda: b.AT
    shelf, kept, shown = DraftTable(engine, bytes(32)), [new_id() for _ in range(40)], Counter[str]()
    desk = Drafts(shelf, cast(Edge, None), cast(Submitted, None), clock, new_id)  # texts and submissions stay closed
    for draft in kept:
        content = {name: getattr(b.FINDING, name) for name in DraftContent.model_fields}
        about = DraftContent(**content | {"jurisdiction": chance.choice(PLACES)})
        owner = f"{chance.choice(['issuer', 'issuer', 'other'])}|{chance.choice(PEOPLE)}"
        assert await shelf.put(Draft(draft, owner, new_id(), 1, about), b.AT, new=True)
    for caller in islice(_callers(chance, "list_drafts"), None, None, 3):
        access = Access(caller, "list_drafts", new_id())
        if policies().ever(caller.roles, "list_drafts"):
            first = await desk.mine(access, None, 3)
            found = [*first, *(await desk.mine(access, first[-1].id, 60) if first else [])]
            assert [draft.id for draft in found] == [draft for draft in kept if await _reads(desk, access, draft)]
            shown.update({min(caller.roles): len(found)} if len(caller.roles) == 1 else {})
    await engine.dispose()
    assert [role for role in policies().roles("list_drafts") if shown[role.value] < FEW] == []


async def _reads(desk: Drafts, access: Access, draft: UUID) -> bool:
    try:
        return (await desk.read(access, draft)).id == draft
    except Problem:
        return False


async def _list(listed: Listed, engine: Any, access: Access, at: datetime) -> dict[UUID, dict[str, bool]]:
    """Return what the list shows, and which of its classed columns have a value."""
    names = ["id", *listed.classes]
    query = permitted_rows(
        listed.table, names, access, listed.projection.facts(listed.table.c, access.caller, at), listed.classes
    )
    async with reading(engine, listed.projection.MODEL) as connection:
        rows = (await connection.execute(query)).mappings().all()
    return {row["id"]: {name: row[name] is not None for name in listed.classes} for row in rows}


def _permitted(
    listed: Listed, things: Mapping[UUID, Thing], access: Access, at: datetime
) -> dict[UUID, dict[str, bool]]:
    found = {}
    for thing, there in things.items():
        facts = there.facts(listed, access.caller, at)
        if access.judge(facts).permitted:
            found[thing] = {
                name: access.judge(facts, data).permitted and facts.concluded for name, data in listed.classes.items()
            }
    return found
