"""How long an event takes from its commit in intake to a row in adjudication's read model, beside raw Kafka.

The workers are processes as operators run them. An officer's acceptance is committed in intake; adjudication's
consumer opens the case, its read model shows it. A trigger on that table tells this process of the commit. Between two
acceptances a record of the same size goes to a topic of its own and back: the raw round trip (`bench.bus.raw_trip`).
"""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from bench.bus.ground import Ground
from bench.bus.raw_trip import consumer_of, raw_trip
from bench.cost import cpu_seconds
from services.intake.domain.submission.commands import AcceptSubmission, SubmitSubmission
from services.intake.domain.submission.decisions import DECIDER
from shared.eventstore.store import EventStore, open_store
from shared.eventstore.transact import Cause, transact
from shared.eventstore.wake import Wakes
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.kernel.sealed import Sealed
from shared.messaging.topics import topic_name
from shared.rules.loader import load_rulebook

CHANNEL = "bench_cases"
_WATCHED = "view_case_list_1.cases"
_TRIGGER = f"""
CREATE FUNCTION public.bench_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('{CHANNEL}', NEW.id::text); RETURN NULL; END $$;
CREATE TRIGGER bench_tell AFTER INSERT ON {_WATCHED} FOR EACH ROW EXECUTE FUNCTION public.bench_tell()
"""
_UNTRIGGER = f"DROP TRIGGER bench_tell ON {_WATCHED}; DROP FUNCTION public.bench_tell()"
_WARM_UP = 20
_PATIENCE_S = 60.0
_RULES = load_rulebook()


@dataclass
class Journey:
    """Nanoseconds of the wall clock at which one case was where; all processes are on this machine."""

    committed: int = 0
    on_topic: int = 0
    decided: int = 0
    shown: int = 0


@dataclass
class Watched:
    """What was measured: one journey for each case, the raw round trips in nanoseconds, CPU seconds by process."""

    journeys: dict[UUID, Journey] = field(default_factory=dict)
    raw: list[int] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)

    def total(self) -> list[int]:
        """Return commit → read model of every case."""
        return [journey.shown - journey.committed for journey in self.journeys.values()]

    def hop(self, start: str, end: str) -> list[int]:
        """Return how long one part of the way took."""
        return [getattr(journey, end) - getattr(journey, start) for journey in self.journeys.values()]


async def watch(ground: Ground, bus: str, *, seconds: float, rate: float) -> Watched:
    """Run the workers on a bus (kafka or local) and measure at a steady rate."""
    with ground.workers("intake", "adjudication", bus=bus) as workers:
        dsn = ground.databases.dsn("intake")
        async with (
            Wakes().of("intake", dsn) as wake,
            open_store(dsn, "intake", wake=wake) as store,
            _cases(ground) as watched,
        ):
            warm_up = await _submitted(store, _WARM_UP)
            submissions = await _submitted(store, int(seconds * rate))
            await _accept_all(store, warm_up, watched, rate, None)
            watched.journeys.clear()
            async with AsyncExitStack() as stack:
                raw = await stack.enter_async_context(raw_trip(ground, store, watched.raw)) if bus == "kafka" else None
                pids = {f"{name} worker": pid for name, pid in workers.items()} | ground.pids
                before = {name: cpu_seconds(pid) for name, pid in pids.items()}
                await _accept_all(store, submissions, watched, rate, raw)
                watched.cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
            await _read_decided(ground, watched)
            return watched


async def _accept_all(store: EventStore, submissions: Sequence[UUID], watched: Watched, rate: float, raw: Any) -> None:
    """Accept one submission after the other at `rate` a second, a raw record in the middle between two."""
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, submission in enumerate(submissions):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(_accept(store, submission, watched))
            if raw:
                await asyncio.sleep(max(0.0, begun + (number + 0.5) / rate - time.perf_counter()))
                group.create_task(raw())
    async with asyncio.timeout(_PATIENCE_S):
        while not all(journey.shown for journey in watched.journeys.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _accept(store: EventStore, submission: UUID, watched: Watched) -> None:
    case = new_id()
    watched.journeys[case] = journey = Journey()
    command = AcceptSubmission(submission_id=submission, case_id=case, at=store.clock(), clerk="officer", office=None)
    await transact(store, DECIDER, submission, command, rules=_RULES, cause=_cause())
    journey.committed = time.time_ns()


async def _submitted(store: EventStore, count: int) -> list[UUID]:
    """Submit so many findings."""
    submissions = [new_id() for _ in range(count)]
    for start in range(0, count, 64):
        await asyncio.gather(
            *(
                transact(store, DECIDER, submission, _finding(submission), rules=_RULES, cause=_cause())
                for submission in submissions[start : start + 64]
            )
        )
    return submissions


@asynccontextmanager
async def _cases(ground: Ground) -> AsyncIterator[Watched]:
    """Stamp every case when its row is committed, and (on Kafka) when its acceptance is on the topic."""
    watched = Watched()
    admin = await asyncpg.connect(ground.databases.admin("adjudication"))
    await _until_built(admin)
    await admin.execute(_TRIGGER)

    def shown(_connection: object, _pid: int, _channel: str, case: object) -> None:
        if journey := watched.journeys.get(UUID(str(case))):
            journey.shown = time.time_ns()

    await admin.add_listener(CHANNEL, shown)
    seeing = asyncio.create_task(_see(ground, watched))
    try:
        yield watched
    finally:
        seeing.cancel()
        await asyncio.gather(seeing, return_exceptions=True)
        await admin.remove_listener(CHANNEL, shown)
        await admin.execute(_UNTRIGGER)
        await admin.close()


async def _until_built(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while await admin.fetchval("SELECT to_regclass($1)", _WATCHED) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _see(ground: Ground, watched: Watched) -> None:
    import orjson

    async with consumer_of(ground, topic_name(ground.kafka.topic_prefix, "intake")) as consumer:
        while True:
            record = await consumer.getone()
            if dict(record.headers)["ce_type"] == b"SubmissionAccepted":
                journey = watched.journeys.get(UUID(orjson.loads(record.value)["case_id"]))
                if journey:
                    journey.on_topic = time.time_ns()


async def _read_decided(ground: Ground, watched: Watched) -> None:
    """Learn from adjudication's log when each case was decided on."""
    connection = await asyncpg.connect(ground.databases.admin("adjudication"))
    rows = await connection.fetch("SELECT stream, recorded_at FROM log.events WHERE type = 'ToleranceInitiated'")
    await connection.close()
    for row in rows:
        if journey := watched.journeys.get(UUID(row["stream"].partition("-")[2])):
            journey.decided = int(row["recorded_at"].timestamp() * 1e6) * 1000


def _cause() -> Cause:
    return Cause(actor=system_actor("bench"), correlation=new_id())


def _finding(submission: UUID) -> SubmitSubmission:
    party = new_id()
    return SubmitSubmission(
        submission_id=submission,
        matter=submission,
        author="331123-inspection",
        kind="finding",
        applicant_kind=None,
        applicant=None,
        found_by=_sealed("found_by", party, submission),
        concerned=party,
        jurisdiction="331123",
        situations=("SC.4",),
        act_on=date(2022, 4, 15),
        found_on=date(2022, 4, 20),
        statement=_sealed("statement", party, submission),
        other_situation=None,
        at=utc_now(),
    )


def _sealed(label: str, subject: UUID, matter: UUID) -> Sealed[str]:
    """Return an envelope of the right shape; no key opens it, which nobody here asks for."""

    def binary(part: str, size: int) -> str:
        return urlsafe_b64encode(sha256(f"{label} {matter} {part}".encode()).digest()[:size]).decode().rstrip("=")

    return Sealed[str](
        suite="A256GCM",
        key=matter,
        subject=subject,
        matter=matter,
        label=label,
        nonce=binary("nonce", 12),
        ciphertext=binary("ciphertext", 32),
        commitment=binary("commitment", 32),
        digest=binary("digest", 32),
    )
