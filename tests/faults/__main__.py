"""`python -m tests.faults --seconds 600 [--seed N] [--logs DIR]`: a storm of faults over a working site.

Exit code 1 when anything was lost, doubled, left out, answered wrongly or did not come to rest; 2 when the storm was
too weak to show anything: fewer than a kill in 10 s, a kill of each part in 100 s, 5 acknowledged commands in a second.
"""

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
from pathlib import Path

import uvloop

from tests.faults.report import show
from tests.faults.run import Outcome, storm
from tests.faults.site import LARGE, opened
from tests.faults.storm import PARTS
from tests.support.servers import roomy_directory

CLIENTS = 24
PAUSE_S = 4.0


async def _run(seed: int, seconds: float, logs: Path | None) -> Outcome:
    with roomy_directory() as place:
        try:
            async with opened(place, LARGE) as site:
                return await storm(
                    site, place / "answered.ndjson", seed=seed, seconds=seconds, pause_s=PAUSE_S, clients=CLIENTS
                )
        finally:
            if logs and (place / "logs").is_dir():
                shutil.copytree(place / "logs", logs)


def main() -> int:
    """Run, print, and tell whether anything must not be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--logs", type=Path, help="a new directory that keeps what the processes have printed")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    logging.basicConfig(level=logging.CRITICAL)
    print(f"faults: seed {seed}, {options.seconds:.0f} s", flush=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(_run(seed, options.seconds, options.logs))
    show(outcome)
    if outcome.faults:
        return 1
    return 2 if _too_weak(outcome, options.seconds) else 0


def _too_weak(outcome: Outcome, seconds: float) -> bool:
    """Tell, and say, whether the storm was too weak to show anything."""
    kills = outcome.damage.kills
    found = {"kills": (kills.total(), seconds / 10), "acknowledged": (outcome.verdict.acknowledged, 5 * seconds)}
    found |= {f"kills of {part}": (kills[part], seconds / 100) for part in PARTS}
    missing = [f"{name}: {count} of {wanted:.0f}" for name, (count, wanted) in found.items() if count < int(wanted)]
    if missing:
        print(f"faults: too weak: {', '.join(missing)}", file=sys.stderr)
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
