"""One run: a site, clients that work, faults if any, then rest and judgement."""

import asyncio
import random  # noqa: TID251 - a test's
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.faults.clients import STORIES, Story, Street, Tally, cast_of, client
from tests.faults.journal import Journal
from tests.faults.oracle import Verdict, judge
from tests.faults.rest import at_rest
from tests.faults.site import Site
from tests.faults.storm import Damage, Storm

WITHIN_S = 5.0
REST_S = 180.0


@dataclass
class Outcome:
    """What a run was: `still` says what had not come to rest, `ended` which processes ended by themselves."""

    seed: int
    seconds: float
    damage: Damage
    tally: Tally
    verdict: Verdict
    still: list[str]
    ended: dict[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        tally = self.tally
        met = [*tally.wrong, *tally.different, *tally.unfinished]
        return [*met, *self.damage.unrecovered, *self.still, *self.verdict.faults]


@asynccontextmanager
async def street_of(site: Site, journal: Path, seed: int, patience_s: float) -> AsyncIterator[Street]:
    """Yield the clients' side of a run."""
    limits = httpx.Limits(max_connections=400)
    async with httpx.AsyncClient(timeout=WITHIN_S, trust_env=False, limits=limits) as http:
        with Journal(journal) as kept:
            yield Street(http, site.addresses, kept, random.Random(seed), patience_s)


@asynccontextmanager
async def working(street: Street, site: Site, clients: int, stories: Sequence[Story] = STORIES) -> AsyncIterator[None]:
    """Let clients work while the block lasts; what they have begun is finished after it."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client(street, cast_of(street, site.issuer.token), stories, over))
        yield
        over.set()


async def storm(site: Site, journal: Path, *, seed: int, seconds: float, pause_s: float, clients: int) -> Outcome:
    """Let clients work in a storm, and judge what is left."""
    chance = random.Random(seed)
    raging = Storm(site, chance)
    begun = time.monotonic()
    async with street_of(site, journal, seed, REST_S) as street, working(street, site, clients):
        await raging.rage(seconds, pause_s)
        site.heal()
    took = time.monotonic() - begun
    still = await at_rest(site, REST_S)
    verdict = await judge(site, journal)
    return Outcome(seed, took, raging.damage, street.tally, verdict, still, dict(site.ended))
