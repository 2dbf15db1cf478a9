"""One run: client processes of one store, a window in which appends count, and what it all cost and missed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from bench.cost import cpu_seconds, wal_position
from bench.figures import Latency, latency
from bench.store.correctness import Verdict, judge
from bench.store.events import BODIES, METADATA, TYPE, bodies
from bench.store.port import CATEGORY, Delivered, Place, Servers, Store
from bench.store.workload import HOT_STREAM, Workload

QUIET_S = 2.5  # a reader that was given nothing for so long is not going to be; emmett's asks once a second
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Run:
    """What one run found. CPU seconds are those of the writers and the server, WAL in bytes (None: not PostgreSQL)."""

    appends_per_s: float
    events: int
    latency: Latency
    conflicts: int
    cpu_s: float
    wal_bytes: int | None
    verdict: Verdict
    refused: Counter[str] = field(default_factory=Counter)
    reader_failed: str | None = None


class ClientFailed(RuntimeError):
    """A client process ended early; the message ends with what it said."""


class ClientProcess:
    """A child that is spoken to in lines."""

    def __init__(self, process: asyncio.subprocess.Process, result: Path) -> None:
        self._process = process
        self._result = result
        self.pid = process.pid

    async def hear(self, word: str) -> None:
        """Wait for a word; raises ClientFailed."""
        assert self._process.stdout  # noqa: S101 - it is a pipe
        line = await asyncio.wait_for(self._process.stdout.readline(), _PATIENCE_S)
        if line.decode().strip() != word:
            raise ClientFailed(f"no {word!r}, exit code {await self._process.wait()}")

    async def say(self, word: str) -> None:
        """Send a line; a child that has ended already does not mind."""
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.write(f"{word}\n".encode())
        try:
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return

    async def result(self) -> dict[str, Any]:
        """Wait for the result and return it."""
        await self.hear("written")
        found: dict[str, Any] = json.loads(self._result.read_bytes())
        return found


@asynccontextmanager
async def client(store: Store, role: str, order: dict[str, Any]) -> AsyncIterator[ClientProcess]:
    """Run a client process of the store; it has ended when the context ends."""
    with TemporaryDirectory(prefix="rongcuo-bench-") as folder:
        result = Path(folder) / "result.json"
        process = await asyncio.create_subprocess_exec(
            *store.command(role), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        started = ClientProcess(process, result)
        try:
            await started.say(json.dumps({**order, "result": str(result)}))
            yield started
        finally:
            if process.returncode is None:
                try:
                    await asyncio.wait_for(process.wait(), 5)
                except TimeoutError:
                    process.kill()
                    await process.wait()


async def run_once(store: Store, workload: Workload, servers: Servers) -> Run:
    """Run the workload on an empty store, with a tailing reader beside it."""
    async with store.fresh(servers) as place, client(store, "follow", order_for(place)) as reader:
        await reader.hear("ready")
        run, acknowledged = await append(store, workload, servers, place)
        stored = await store.stored(place.address)
        await reader.say(str(len({event.event for event in stored})))
        trace = await reader.result()
    verdict = judge(acknowledged, stored, [Delivered(*event) for event in trace["delivered"]])
    return Run(**{**vars(run), "verdict": verdict, "reader_failed": trace["failed"]})


async def append(store: Store, workload: Workload, servers: Servers, place: Place) -> tuple[Run, list[str]]:
    """Run the writers alone; the verdict is left open. Returns what was acknowledged, too."""
    order = order_for(place) | {"workload": asdict(workload)}
    async with _several(store, order, workload.processes) as writers:
        pids = (place.pid, *(writer.pid for writer in writers))
        await asyncio.gather(*(writer.hear("ready") for writer in writers))
        cpu, wal = cpu_seconds(*pids), await _wal(servers)
        await asyncio.gather(*(writer.say("go") for writer in writers))
        await asyncio.gather(*(writer.hear("done") for writer in writers))
        cpu, wal = cpu_seconds(*pids) - cpu, await _wal(servers) - wal
        await asyncio.gather(*(writer.say("report") for writer in writers))
        outcomes = [await writer.result() for writer in writers]
    nanoseconds = [each for outcome in outcomes for each in outcome["nanoseconds"]]
    refused = sum((Counter(outcome["refused"]) for outcome in outcomes), Counter())
    if not nanoseconds:
        raise ClientFailed(f"no append was answered in the window; refused: {dict(refused)}")
    run = Run(
        appends_per_s=sum(len(outcome["nanoseconds"]) / outcome["seconds"] for outcome in outcomes),
        events=sum(outcome["events"] for outcome in outcomes),
        latency=latency(nanoseconds),
        conflicts=sum(outcome["conflicts"] for outcome in outcomes),
        cpu_s=cpu,
        wal_bytes=wal if place.wal else None,
        verdict=Verdict(),
        refused=refused,
    )
    return run, [event for outcome in outcomes for event in outcome["acknowledged"]]


@asynccontextmanager
async def _several(store: Store, order: dict[str, Any], count: int) -> AsyncIterator[list[ClientProcess]]:
    if count == 0:
        yield []
        return
    async with client(store, "write", order) as first, _several(store, order, count - 1) as others:
        yield [first, *others]


def order_for(place: Place) -> dict[str, Any]:
    """Return what every client process is told."""
    return {
        "address": place.address,
        "quiet_s": QUIET_S,
        "type": TYPE,
        "category": CATEGORY,
        "metadata": METADATA,
        "hot_stream": HOT_STREAM,
        "bodies": list(islice(bodies(), BODIES)),
    }


async def _wal(servers: Servers) -> int:
    connection = await asyncpg.connect(servers.postgres.dsn)
    try:
        return await wal_position(connection)
    finally:
        await connection.close()
