"""Measures the bus: `run(quick=…)` of `python -m bench bus`."""

import logging
import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta

import uvloop
from aiokafka.admin import AIOKafkaAdminClient
from txoutbox import RelayConfig

from bench.bus.backlog import events_of, fill_log
from bench.bus.delivered import Delivered, delivered
from bench.bus.ground import Ground, ground
from bench.bus.latency import watch
from bench.bus.raw_trip import idle_trips
from bench.bus.relays import LOG, Contender, Source, ours, outbox, raw
from bench.bus.tables import Ways, way_ratios, way_tables
from bench.conditions import conditions
from bench.cost import cpu_seconds
from bench.figures import spread
from bench.machine import versions
from bench.report import Report, Table
from rongcuo.embedded.kafka import Kafka
from shared.eventstore.store import open_store
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import topic_name

OURS, RAW, OUTBOX, TUNED = "relay", "aiokafka send_batch", "txoutbox", "txoutbox, larger rounds"
_TUNED = RelayConfig(batch_size=1000, concurrency=200, lease=timedelta(seconds=120))


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds, messages of the relay and of txoutbox; seconds and rate on each bus."""

    rounds: int
    messages: int
    outbox: int
    tuned: int
    seconds: float
    idle_s: float
    local_s: float
    rate: float


FULL = Plan(rounds=3, messages=200_000, outbox=10_000, tuned=20_000, seconds=13, idle_s=8, local_s=6, rate=25)
QUICK = Plan(rounds=1, messages=20_000, outbox=1_000, tuned=2_000, seconds=4, idle_s=2, local_s=2, rate=25)


@dataclass
class Measured:
    """What the rounds of one contender gave; CPU in seconds by process."""

    messages: int = 0
    rates: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    delivered: list[Delivered] = field(default_factory=list)

    def micros(self, name: str) -> float:
        """Return CPU microseconds for one message."""
        return self.cpu[name] / self.messages * 1e6


def run(*, quick: bool) -> None:
    """Measure, print, and (unless `quick`) write the results."""
    plan = QUICK if quick else FULL
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic that was made just now has no leader yet
    with ground() as opened:
        found = conditions(opened.directory, opened.databases.admin(LOG))
        report = uvloop.run(_measured(opened, plan))
    report.conditions = found
    print(report.markdown({}) if quick else "")
    if not quick:
        report.write()


async def _measured(opened: Ground, plan: Plan) -> Report:
    relays = await _relays(opened, plan)
    ways = await _ways(opened, plan)
    report = Report(
        name="bus",
        title="The bus",
        command="make bench-bus",
        parameters=vars(plan),
        versions=versions("aiokafka", "asyncpg", "txoutbox", "uvloop") | {"Kafka": Kafka.version},
    )
    report.tables += [_relay_table(relays), *way_tables(ways)]
    rates = {name: spread(measured.rates).median for name, measured in relays.items()}
    report.ratios["relay / txoutbox, messages per second"] = rates[OURS] / rates[OUTBOX]
    report.ratios["relay / txoutbox with larger rounds, messages per second"] = rates[OURS] / rates[TUNED]
    report.ratios["relay / aiokafka send_batch, messages per second"] = rates[OURS] / rates[RAW]
    report.ratios |= way_ratios(ways)
    return report


async def _ways(opened: Ground, plan: Plan) -> Ways:
    """Measure the way over Kafka and, with no worker running, the idle raw round trip in turn; then the local bus."""
    ways = Ways()
    async with open_store(opened.databases.dsn("intake"), "intake") as store:
        for _ in range(plan.rounds):
            ways.kafka.append(await watch(opened, "kafka", seconds=plan.seconds, rate=plan.rate))
            ways.idle.append(await idle_trips(opened, store, seconds=plan.idle_s, rate=plan.rate))
    for _ in range(plan.rounds):
        ways.local.append(await watch(opened, "local", seconds=plan.local_s, rate=plan.rate))
    return ways


async def _relays(opened: Ground, plan: Plan) -> dict[str, Measured]:
    contenders: dict[str, tuple[Contender, int]] = {
        OURS: (ours, plan.messages),
        RAW: (raw, plan.messages),
        OUTBOX: (outbox(RelayConfig()), plan.outbox),
        TUNED: (outbox(_TUNED), plan.tuned),
    }
    measured = {name: Measured() for name in contenders}
    async with open_store(opened.databases.dsn(LOG), LOG) as store:
        await fill_log(store, plan.messages)
        events = await events_of(store, plan.messages)
        for _ in range(plan.rounds):
            for name, (contender, count) in contenders.items():
                await _one(contender, Source(opened, store, events[:count]), measured[name])
    return measured


async def _one(contender: Contender, source: Source, measured: Measured) -> None:
    """Let one contender carry its backlog once, to a topic of its own, and count what arrived."""
    kafka = source.ground.topics(f"r{secrets.token_hex(4)}")
    async with contender(source, kafka) as carry:
        before, begun = _cpu(source.ground), time.perf_counter()
        carried = await carry()
        seconds, after = time.perf_counter() - begun, _cpu(source.ground)
    measured.messages += carried
    measured.rates.append(carried / seconds)
    for name, used in after.items():
        measured.cpu[name] = measured.cpu.get(name, 0.0) + used - before[name]
    topic = topic_name(kafka.topic_prefix, LOG)
    measured.delivered.append(await delivered(kafka, topic, source.events))
    await _drop(kafka, topic)


def _cpu(opened: Ground) -> dict[str, float]:
    return {"client": time.process_time()} | {name: cpu_seconds(pid) for name, pid in opened.pids.items()}


async def _drop(kafka: KafkaSettings, topic: str) -> None:
    admin = AIOKafkaAdminClient(**kafka.client())
    await admin.start()
    await admin.delete_topics([topic])
    await admin.close()


def _relay_table(relays: dict[str, Measured]) -> Table:
    names = ("client", "PostgreSQL", "Kafka")
    columns = ["", "messages/s", "lowest", "highest", *(f"{name} CPU µs" for name in names)]
    truth = ["stored", "delivered", "missed", "duplicated", "order violations"]
    table = Table("From the log to Kafka", [*columns, *truth], note="CPU for each message; counted on the topic.")
    for name, measured in relays.items():
        rate = spread(measured.rates)
        sums = [sum(getattr(found, part) for found in measured.delivered) for part in vars(measured.delivered[0])]
        stored = sums[0] + sums[1] - sums[2]
        row = [name, rate.median, rate.low, rate.high, *(measured.micros(part) for part in names), stored, *sums]
        table.rows.append(dict(zip(table.columns, row, strict=True)))
    return table
