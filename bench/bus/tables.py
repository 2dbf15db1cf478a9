"""Tables and ratios of the way from a commit to another service's read model."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.bus.latency import Watched
from bench.figures import Spread, latency, spread
from bench.report import Table

Rounds = Sequence[Sequence[int]]


@dataclass
class Ways:
    """What every round gave; `idle` are raw round trips in nanoseconds, made while nothing else went on."""

    kafka: list[Watched] = field(default_factory=list)
    idle: list[list[int]] = field(default_factory=list)
    local: list[Watched] = field(default_factory=list)

    def totals(self) -> Rounds:
        """Return commit → read model over Kafka, round by round."""
        return [watched.total() for watched in self.kafka]

    def beside(self) -> Rounds:
        """Return the raw round trips that were made between the acceptances."""
        return [watched.raw for watched in self.kafka]


def percentiles(rounds: Rounds) -> tuple[Spread, Spread]:
    """Return p50 and p99 in milliseconds: median, lowest and highest of the rounds."""
    found = [latency(nanoseconds) for nanoseconds in rounds]
    return spread(one.p50 for one in found), spread(one.p99 for one in found)


def way_ratios(ways: Ways) -> dict[str, float]:
    """Return the way over Kafka to both raw round trips; our own load slows the one between the acceptances."""
    ours = percentiles(ways.totals())
    ratios = {}
    for name, rounds in (("idle raw Kafka round trip", ways.idle), ("raw Kafka round trip beside it", ways.beside())):
        for which, mine, trip in zip(("p50", "p99"), ours, percentiles(rounds), strict=True):
            ratios[f"commit to another service's read model / {name}, {which}"] = mine.median / trip.median
    return ratios


def way_tables(ways: Ways) -> list[Table]:
    """Return how long the way takes, where the time goes, and what it costs."""
    local = [watched.total() for watched in ways.local]
    total = _table(
        "From commit to another service's read model",
        "Medians, lowest and highest of the rounds.",
        ("commit → read model, Kafka", ways.totals()),
        ("raw Kafka round trip, idle", ways.idle),
        ("raw Kafka round trip between the acceptances", ways.beside()),
        ("commit → read model, local bus", local),
    )
    hops = _table(
        "Where the time goes",
        "Kafka; seen by a second consumer of the topic, by the log's own time, and by a trigger.",
        ("commit → on the topic (wake-up, read, publish, fetch)", _hops(ways, "committed", "on_topic")),
        ("on the topic → case decided (handler, load, lock)", _hops(ways, "on_topic", "decided")),
        ("case decided → read model (commit, wake-up, projection, commit)", _hops(ways, "decided", "shown")),
    )
    return [total, hops, _cost_table(ways)]


def _hops(ways: Ways, start: str, end: str) -> Rounds:
    return [watched.hop(start, end) for watched in ways.kafka]


def _table(title: str, note: str, *measured: tuple[str, Rounds]) -> Table:
    table = Table(title, ["", "p50 ms", "low", "high", "p99 ms", "p99 low", "p99 high", "samples"], note=note)
    for name, rounds in measured:
        p50, p99 = percentiles(rounds)
        samples = sum(map(len, rounds))
        row = [name, p50.median, p50.low, p50.high, p99.median, p99.low, p99.high, samples]
        table.rows.append(dict(zip(table.columns, row, strict=True)))
    return table


def _cost_table(ways: Ways) -> Table:
    note = "Everything that runs meanwhile, divided by the cases: relays, consumers and read models of two services."
    table = Table("CPU for each case", ["", "Kafka, ms", "local bus, ms"], note=note)
    for name in ways.kafka[0].cpu:
        row = (name, _each(ways.kafka, name), _each(ways.local, name))
        table.rows.append(dict(zip(table.columns, row, strict=True)))
    return table


def _each(rounds: Sequence[Watched], name: str) -> float:
    return 1000 * sum(watched.cpu[name] for watched in rounds) / sum(len(watched.journeys) for watched in rounds)
