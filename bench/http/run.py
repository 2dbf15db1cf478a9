"""Measures commands over HTTP beside the bare endpoint: `run(quick=…)` of `python -m bench http`."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any
from uuid import UUID

import asyncpg

from bench.conditions import conditions
from bench.cost import cpu_seconds
from bench.figures import latency, spread
from bench.http.commands import (
    COMMANDS,
    RECORDS_A_CASE,
    Command,
    bare_requests,
    initiate,
    requests,
)
from bench.http.load import Answered, load
from bench.http.processes import BARE, Running, running
from bench.http.steps import steps
from bench.machine import versions
from bench.report import Report, Table
from shared.eventstore.store import CONNECTIONS
from shared.rules.loader import load_rulebook

CALLERS = (1, 8, 32)
OURS = "ours"


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds, and requests of one load by number of callers."""

    rounds: int
    count: dict[int, int]


FULL = Plan(5, {1: 400, 8: 1600, 32: 3200})
QUICK = Plan(1, {1: 100, 8: 400, 32: 640})


@dataclass
class Measured:
    """What the loads of one command, one number of callers and one server gave, round by round."""

    rates: list[float] = field(default_factory=list)
    nanoseconds: list[int] = field(default_factory=list)
    server_seconds: float = 0.0
    postgres_seconds: float = 0.0
    good: int = 0
    other: int = 0
    stored: int = 0

    @property
    def server_micros(self) -> float:
        """CPU time of the server's process for one request."""
        return self.server_seconds / (self.good + self.other) * 1e6

    @property
    def postgres_micros(self) -> float:
        """CPU time of PostgreSQL for one request."""
        return self.postgres_seconds / (self.good + self.other) * 1e6


Key = tuple[Command, int, str]


def run(*, quick: bool) -> None:
    """Measure and print; without `quick` write the results, too."""
    plan = QUICK if quick else FULL
    with running() as servers:
        found = conditions(servers.directory, servers.bare_dsn)
        idle = {name: process.mebibytes() for name, process in servers.processes.items()}
        measured = asyncio.run(_measured(servers, plan))
        memory = _memory(servers, idle)
        where = asyncio.run(steps(servers, 100 if quick else 1000))
    report = _report(plan, measured, [where, memory])
    report.conditions = found
    if quick:
        print(report.markdown({}))
    else:
        report.write()


async def _measured(servers: Running, plan: Plan) -> dict[Key, Measured]:
    measured: dict[Key, Measured] = defaultdict(Measured)
    async with servers.desk() as (store, keyring):
        rules = load_rulebook()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client:
            for number in range(-1, plan.rounds):  # the first round only warms up
                for callers, count in plan.count.items():
                    cases = await initiate(store, keyring, rules, count)
                    for command in COMMANDS:
                        for server in (BARE, OURS) if number % 2 else (OURS, BARE):
                            bench = _Bench(servers, client, command, callers, count)
                            one = await (bench.bare() if server == BARE else bench.ours(cases))
                            if number >= 0:
                                _add(measured[command, callers, server], one)
    return measured


@dataclass(frozen=True)
class _One:
    answered: Answered
    server_seconds: float
    postgres_seconds: float
    stored: int


def _add(measured: Measured, one: _One) -> None:
    measured.rates.append(one.answered.good / one.answered.seconds)
    measured.nanoseconds += one.answered.nanoseconds
    measured.server_seconds += one.server_seconds
    measured.postgres_seconds += one.postgres_seconds
    measured.good += one.answered.good
    measured.other += sum(one.answered.statuses.values()) - one.answered.good
    measured.stored += one.stored


@dataclass(frozen=True)
class _Bench:
    servers: Running
    client: Executor
    command: Command
    callers: int
    count: int

    async def ours(self, cases: Sequence[UUID]) -> _One:
        tokens = [
            self.servers.issuer.token(
                roles=["handling_office"], subject=f"officer-{n}", jurisdictions=["331123"], minutes=600
            )
            for n in range(self.callers)
        ]
        shares = requests(self.command, tokens, cases, self.count)
        dsn = self.servers.databases.admin(self.command.service)
        return await self._load(self.command.service, shares, dsn, "SELECT count(*) FROM log.events")

    async def bare(self) -> _One:
        shares = bare_requests(self.command, self.callers, self.count)
        return await self._load(BARE, shares, self.servers.bare_dsn, "SELECT count(*) FROM bare")

    async def _load(self, name: str, shares: list[list[bytes]], dsn: str, query: str) -> _One:
        process = self.servers.processes[name]
        before = await _count(dsn, query)
        server, postgres = cpu_seconds(process.pid), cpu_seconds(self.servers.postgres)
        answered = await asyncio.get_running_loop().run_in_executor(self.client, load, process.port, shares)
        server, postgres = cpu_seconds(process.pid) - server, cpu_seconds(self.servers.postgres) - postgres
        return _One(answered, server, postgres, await _count(dsn, query) - before)


async def _count(dsn: str, query: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


def _memory(servers: Running, idle: dict[str, float]) -> Table:
    rows: list[Mapping[str, Any]] = [
        {"process": name, "idle": idle[name], "after the load": process.mebibytes()}
        for name, process in servers.processes.items()
    ]
    return Table("Memory of the processes (RSS, MiB)", ["process", "idle", "after the load"], rows)


def _report(plan: Plan, measured: dict[Key, Measured], more: Sequence[Table]) -> Report:
    report = Report(
        name="http",
        title="Commands over HTTP beside a bare endpoint that does one INSERT",
        command="make bench-http",
        parameters={
            "rounds": plan.rounds,
            "requests of one load": ", ".join(f"{callers} callers {n}" for callers, n in plan.count.items()),
            "connections to read with": CONNECTIONS,
            "records of one case": RECORDS_A_CASE,
        },
        versions=versions("asyncpg", "fastapi", "httptools", "pydantic", "starlette", "uvicorn", "uvloop"),
    )
    report.tables = [*(_table(command, plan, measured) for command in COMMANDS), *more]
    for callers in plan.count:
        pairs = {c: (measured[c, callers, OURS], measured[c, callers, BARE]) for c in COMMANDS}
        report.ratios[f"{callers} callers, all three: requests/s, ours to bare"] = _throughput(pairs.values())
        for command, pair in pairs.items():
            report.ratios[f"{callers} callers, {command.step}: requests/s, ours to bare"] = _throughput([pair])
        cpu = [sum(one.server_micros for one in ones) for ones in zip(*pairs.values(), strict=True)]
        report.ratios[f"{callers} callers, all three: CPU of the process, bare to ours"] = cpu[1] / cpu[0]
    return report


def _throughput(pairs: Iterable[tuple[Measured, Measured]]) -> float:
    """Return ours to bare in requests/s, when as many of each command are sent."""
    seconds = [(1 / spread(ours.rates).median, 1 / spread(bare.rates).median) for ours, bare in pairs]
    return sum(bare for _, bare in seconds) / sum(ours for ours, _ in seconds)


def _table(command: Command, plan: Plan, measured: dict[Key, Measured]) -> Table:
    table = Table(
        f"Command: {command.name}",
        [
            *("callers", "server", "requests/s", "p50 ms", "p99 ms"),
            *("CPU µs of the process", "CPU µs of PostgreSQL", "2xx", "other", "stored"),
        ],
    )
    for callers in plan.count:
        for server in (BARE, OURS):
            one = measured[command, callers, server]
            times = latency(one.nanoseconds)
            table.rows.append(
                {
                    "callers": callers,
                    "server": server,
                    "requests/s": spread(one.rates).median,
                    "p50 ms": times.p50,
                    "p99 ms": times.p99,
                    "CPU µs of the process": one.server_micros,
                    "CPU µs of PostgreSQL": one.postgres_micros,
                    "2xx": one.good,
                    "other": one.other,
                    "stored": one.stored,
                }
            )
    return table
