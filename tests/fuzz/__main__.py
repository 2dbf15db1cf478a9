"""`make fuzz`: calls all services as their documents allow and forbid, and prints what came of it."""

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import httpx

from shared.database.databases import SERVICES, Databases
from tests.fuzz.campaign import Campaign, Options, Report
from tests.fuzz.site import serving
from tests.support.servers import make_template, postgres_server, remove


def main() -> int:
    """Read the arguments, run the campaign, and return 1 if anything is wrong or less was called than wanted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=10_000, help="the least number of calls")
    parser.add_argument("--successes", type=int, default=2_000, help="the least number of 2xx")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-coverage", dest="coverage", action="store_false", help="leave out bounds and lacks")
    options = parser.parse_args()
    with postgres_server() as server, TemporaryDirectory() as place:
        databases = asyncio.run(make_template(server))
        try:
            began = monotonic()
            report = campaign(databases, Path(place), Options(options.seed, options.calls, options.coverage))
        finally:
            asyncio.run(remove(databases))
    tell(report, monotonic() - began)
    short = report.calls < options.calls or report.successes < options.successes
    return int(bool(report.wrong or report.never_2xx) or short)


def campaign(databases: Databases, place: Path, options: Options) -> Report:
    """Fuzz every service on these databases and return what came of it."""
    with serving(databases, place) as site:
        documents = {name: httpx.get(f"{site.address}/{name}/openapi.json", timeout=60).json() for name in SERVICES}
        operations = sum(len(methods) for document in documents.values() for methods in document["paths"].values())
        running = Campaign(site, options, examples=max(1, options.calls // operations))
        for name, document in documents.items():
            running.run(name, document)
        return running.report


def tell(report: Report, seconds: float) -> None:
    """Print the counts, and everything that is wrong."""
    for name, counted in sorted(report.statuses.items()):
        print(f"{name:45} {sum(counted.values()):6} " + " ".join(f"{k}×{v}" for k, v in sorted(counted.items())))
    for name, said in report.wrong.items():
        print(f"\nWRONG {name}\n{said}")
    if report.never_2xx:
        print(f"\nnever 2xx: {', '.join(report.never_2xx)}")
    print(f"\n{report.calls} calls, {report.successes} answered 2xx, {len(report.wrong)} wrong, {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
