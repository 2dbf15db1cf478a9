"""What a read costs more because it is on record first. `python -m tests.accesslog.cost` prints it.

The same reads of the same site in turn with and without the recording, in this process: one after the other (what one
caller waits longer) and 32 at a time (what a busy process does less), and the processor time of each.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time
from unittest.mock import patch

from fastapi import Request, Response

from shared.authz.access import Access
from shared.kernel.ids import new_id
from shared.web.conditional import conditional
from shared.web.recording import Recording
from tests.accesslog.site import Site, opened
from tests.support.servers import Server, make_template, postgres_server, remove

ROUNDS, READS, AT_ONCE = 8, 200, 32
PATHS = {"a party": "/intake/v1/parties/{cadre}", "a list": "/intake/v1/submissions"}


async def unrecorded(
    _: Recording, request: Request, _access: Access, handle: Callable[[], Awaitable[Response]]
) -> Response:
    """Answer as `Recording.answer` does, without a record."""
    return conditional(request, await handle())


def somebody(site: Site) -> str:
    """Return the token of an officer who has asked nothing yet: everybody's requests are limited."""
    return site.as_role("handling_office", subject=f"officer-{new_id()}")


async def asked(site: Site, path: str, token: str) -> None:
    """Read once."""
    answer = await site.ask("GET", path, token)
    if answer.status_code != 200:
        raise RuntimeError(answer.text)


async def one_by_one(site: Site, path: str) -> tuple[float, float]:
    """Return the median duration of a read, and the processor time of one, in µs."""
    token, took, began = somebody(site), [], process_time()
    for _ in range(READS):
        start = perf_counter()
        await asked(site, path, token)
        took.append(perf_counter() - start)
    return statistics.median(took) * 1e6, (process_time() - began) / READS * 1e6


async def at_once(site: Site, path: str) -> tuple[float, float]:
    """Return the duration of a read when 32 are under way, and its processor time, in µs."""
    token, start, began = somebody(site), perf_counter(), process_time()
    for _ in range(READS // AT_ONCE):
        await asyncio.gather(*(asked(site, path, token) for _ in range(AT_ONCE)))
    count = READS // AT_ONCE * AT_ONCE
    return (perf_counter() - start) / count * 1e6, (process_time() - began) / count * 1e6


async def measure(server: Server, place: Path) -> None:
    """Print the medians over all rounds."""
    databases = await make_template(server)
    async with opened(databases, place) as site:
        for name, path in PATHS.items():
            for way in (one_by_one, at_once):
                found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
                for n in range(2 * ROUNDS):
                    recorded = n % 2 == 0
                    with patch.object(Recording, "answer", Recording.answer if recorded else unrecorded):
                        found[recorded].append(await way(site, path))
                (wall, cpu), (bare, bare_cpu) = (
                    map(statistics.median, zip(*found[on], strict=True)) for on in (True, False)
                )
                print(
                    f"{name}, {way.__name__}: {wall:.0f} µs recorded, {bare:.0f} µs not: +{wall - bare:.0f} µs; "
                    f"processor {cpu:.0f} and {bare_cpu:.0f} µs: +{cpu - bare_cpu:.0f} µs"
                )
    await remove(databases)


if __name__ == "__main__":
    with postgres_server(None) as running, tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(running, Path(directory)))
