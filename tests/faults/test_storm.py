"""A short storm over a working site; `make faults` runs a long one."""

import secrets
from pathlib import Path

from tests.faults.report import show
from tests.faults.run import storm
from tests.faults.site import Site
from tests.faults.storm import PARTS

SECONDS, PAUSE_S, CLIENTS = 28.0, 1.0, 8


async def test_nothing_is_lost_or_done_twice_in_a_storm(site: Site, journal: Path) -> None:
    seed = secrets.randbelow(1_000_000)
    outcome = await storm(site, journal, seed=seed, seconds=SECONDS, pause_s=PAUSE_S, clients=CLIENTS)
    show(outcome)
    assert outcome.faults == []
    assert all(outcome.damage.kills[part] for part in PARTS)
    assert outcome.verdict.acknowledged > SECONDS
