"""`python -m bench store`: prepares every store, runs the plan in interleaved rounds and writes the report."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import islice
from statistics import median

from bench.conditions import conditions
from bench.machine import machine
from bench.report import Report
from bench.servers import place, postgres
from bench.store.catalogue import MODULES, store_of
from bench.store.events import BODIES, bodies
from bench.store.measure import Run, run_once
from bench.store.plan import FULL, OURS, REPLAYED, Plan, quick_plan, rows_plan
from bench.store.port import Servers, Store
from bench.store.replaying import Way, replay_once
from bench.store.tables import (
    APPEND_NOTE,
    append_ratios,
    append_table,
    replay_ratios,
    replay_table,
    volume_table,
)
from bench.store.volume import Volume, volumes
from bench.store.workload import Workload
from shared.kernel.canonical import canonical_bytes

COMMAND = "make bench-store"


def run(*, quick: bool, only: str | None = None) -> None:
    """Measure; a quick run, or one of `only` the appends with this text in their titles, is printed, not written."""
    plan = quick_plan(FULL) if quick else FULL
    plan = rows_plan(plan, only) if only else plan
    with place() as directory, postgres(directory) as server:
        found = conditions(directory, server.dsn)
        report = asyncio.run(Bench(Servers(server, directory), plan).measure())
    report.conditions = found
    if quick or only:
        print(report.markdown(machine()))
    else:
        report.write()


class Bench:
    """One measurement: a peer that fails is named, and the others go on without it."""

    def __init__(self, servers: Servers, plan: Plan) -> None:
        self._servers = servers
        self._plan = plan
        self._stores: dict[str, Store] = {}
        self._titles: dict[str, str] = {}
        self._report = Report("store", "The log beside other event stores", COMMAND, {}, {})

    async def measure(self) -> Report:
        """Run everything and return the report."""
        await self._prepare()
        await self._appends()
        if self._plan.replay_rounds:
            await self._replays()
        if self._plan.volume_rounds:
            await self._volumes()
        self._report.versions = {
            name: text for store in self._stores.values() for name, text in store.versions().items()
        }
        self._report.parameters = {
            "rounds": self._plan.rounds,
            "window s": self._plan.appends[0][0].seconds,
            "warm-up s": self._plan.appends[0][0].warm_up_s,
            "payload bytes (median)": median(len(canonical_bytes(body)) for body in islice(bodies(), BODIES)),
        }
        return self._report

    async def _prepare(self) -> None:
        for key in MODULES:
            try:
                store = store_of(key)
                await store.prepare(self._servers)
                self._stores[key] = store
                self._titles[key] = store.title
            except Exception as error:
                self._leave_out(key, error)

    async def _appends(self) -> None:
        found = [await self._rounds(workload, keys) for workload, keys in self._plan.appends]
        unsafe = {key for runs in found for key, of_store in runs.items() if not all(r.verdict.clean for r in of_store)}
        for (workload, _), runs in zip(self._plan.appends, found, strict=True):
            self._report.tables.append(append_table(workload, runs, self._titles, unsafe))
            self._report.ratios |= append_ratios(workload, runs, self._titles, unsafe)
        self._report.tables[0].note = APPEND_NOTE

    async def _rounds(self, workload: Workload, keys: Sequence[str]) -> dict[str, list[Run]]:
        """Run the stores one after the other, and all of them again in each round."""
        found: dict[str, list[Run]] = defaultdict(list)
        for number in range(1, self._plan.rounds + 1):
            for key in [key for key in keys if key in self._stores]:
                try:
                    one = await self._once(key, workload)
                except Exception as error:
                    self._leave_out(key, error)
                    continue
                found[key].append(one)
                self._tell(f"{workload.title}, round {number}: {key} {one.appends_per_s:,.0f}/s {one.verdict}")
        return found

    async def _once(self, key: str, workload: Workload) -> Run:
        """Run a store; a peer whose run fails gets a second one."""
        try:
            return await run_once(self._stores[key], workload, self._servers)
        except Exception as error:
            if key in OURS:
                raise
            self._tell(f"{workload.title}: {key} once more: {type(error).__name__}: {error}")
            return await run_once(self._stores[key], workload, self._servers)

    async def _replays(self) -> None:
        found: dict[str, list[float]] = defaultdict(list)
        async with AsyncExitStack() as stack:
            ways = [way for key in REPLAYED for way in await self._ways(key, stack)]
            for _ in range(self._plan.replay_rounds):
                for way in ways:
                    found[way.title].append(await replay_once(way, self._plan.replay_s))
                    self._tell(f"replay: {way.title} {found[way.title][-1]:,.0f}/s")
        self._report.tables.append(replay_table(self._plan.replay_events, found))
        self._report.ratios |= replay_ratios(found, self._stores["ours"])

    async def _ways(self, key: str, stack: AsyncExitStack) -> list[Way]:
        """Fill a store that stays until the stack is closed."""
        if key not in self._stores:
            return []
        store = self._stores[key]
        try:
            opened = await stack.enter_async_context(store.fresh(self._servers))
            await store.fill(opened.address, self._plan.replay_events)
        except Exception as error:
            self._leave_out(key, error)
            return []
        return [Way(store, opened, kind, title) for kind, title in store.replay_kinds]

    async def _volumes(self) -> None:
        found: list[Volume] = []
        async for one in volumes(self._stores["ours"], self._servers, self._plan):
            found.append(one)
            self._tell(f"{one.events:,} events before: {one.run.appends_per_s:,.0f}/s {one.run.latency}")
        table, ratios = volume_table(found, self._plan.volume_sizes)
        self._report.tables.append(table)
        self._report.ratios |= ratios

    def _leave_out(self, key: str, error: Exception) -> None:
        if key in OURS:
            raise error
        self._stores.pop(key, None)
        self._report.left_out[self._titles.get(key, key)] = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        self._tell(f"left out: {key}: {error}")

    def _tell(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)
