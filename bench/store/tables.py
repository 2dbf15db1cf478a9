"""The tables and ratios of a report."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bench.figures import spread
from bench.report import Table
from bench.store.correctness import Verdict
from bench.store.measure import Run
from bench.store.port import Store
from bench.store.volume import Volume, medians
from bench.store.workload import Workload

APPEND_COLUMNS = (
    *("store", "rank", "rounds", "appends/s", "low", "high", "p50 ms", "p99 ms", "conflicts"),
    *("stored", "delivered", "missed", "duplicated", "order violations", "lost", "refused"),
    *("CPU s / 1k events", "WAL bytes / 1k events"),
)
NOT_RANKED = "not ranked"
APPEND_NOTE = (
    "Medians over the rounds (low and high: the slowest and the fastest round); counts are sums over the rounds,"
    " warm-ups included. CPU: writers and server, without the tailing reader's own. A store that missed, doubled,"
    " reordered or lost an event in any workload is not ranked in any."
)

Runs = Sequence[Run]


def append_table(
    workload: Workload, found: Mapping[str, Runs], titles: Mapping[str, str], unsafe: Collection[str]
) -> Table:
    """Return the table of one workload, the fastest store first."""
    speeds = {key: spread(run.appends_per_s for run in runs).median for key, runs in found.items()}
    order = sorted(found, key=lambda key: -speeds[key])
    ranks = {key: rank for rank, key in enumerate((key for key in order if key not in unsafe), 1)}
    table = Table(workload.title, APPEND_COLUMNS)
    for key in order:
        table.rows.append({"store": titles[key], "rank": ranks.get(key, NOT_RANKED), **_row(found[key])})
    return table


def _row(runs: Runs) -> dict[str, Any]:
    speed = spread(run.appends_per_s for run in runs)
    verdict = sum((run.verdict for run in runs), Verdict())
    refused = sum((run.refused for run in runs), Counter())
    failures = [run.reader_failed for run in runs if run.reader_failed]
    wal = [run.wal_bytes / max(run.events, 1) * 1000 for run in runs if run.wal_bytes is not None]
    return {
        "rounds": len(runs),
        "appends/s": speed.median,
        "low": speed.low,
        "high": speed.high,
        "p50 ms": spread(run.latency.p50 for run in runs).median,
        "p99 ms": spread(run.latency.p99 for run in runs).median,
        "conflicts": sum(run.conflicts for run in runs),
        "stored": verdict.stored,
        "delivered": f"{verdict.delivered:,} ({failures[0]})" if failures else verdict.delivered,
        "missed": verdict.missed,
        "duplicated": verdict.duplicated,
        "order violations": verdict.order_violations,
        "lost": verdict.lost,
        "refused": ", ".join(f"{count} {name}" for name, count in refused.items()) or 0,
        "CPU s / 1k events": spread(run.cpu_s / max(run.events, 1) * 1000 for run in runs).median,
        "WAL bytes / 1k events": spread(wal).median if wal else None,
    }


def append_ratios(
    workload: Workload, found: Mapping[str, Runs], titles: Mapping[str, str], unsafe: Collection[str]
) -> dict[str, float]:
    """Return how much faster ours is than the default mode of eventsourcing, and than the best that misses nothing."""
    if "ours" not in found:
        return {}
    speeds = {key: spread(run.appends_per_s for run in runs).median for key, runs in found.items()}
    ratios = {}
    if "eventsourcing-safe" in speeds:
        ratios[f"{workload.title}: ours / eventsourcing (safe)"] = speeds["ours"] / speeds["eventsourcing-safe"]
    peers = {key: speed for key, speed in speeds.items() if not key.startswith("ours") and key not in unsafe}
    if peers:
        best = max(peers, key=lambda key: peers[key])
        name = f"{workload.title}: ours / best peer that misses nothing ({titles[best]})"
        ratios[name] = speeds["ours"] / peers[best]
    return ratios


def replay_table(events: int, found: Mapping[str, Sequence[float]]) -> Table:
    """Return events per second of every way to read a filled store."""
    table = Table(f"replay of {events:,} events", ("way", "events/s", "low", "high"))
    table.note = "One process, from the first event to the last or until time is up; pages of 1,000."
    for title, rates in sorted(found.items(), key=lambda item: -spread(item[1]).median):
        rate = spread(rates)
        table.rows.append({"way": title, "events/s": rate.median, "low": rate.low, "high": rate.high})
    return table


def replay_ratios(found: Mapping[str, Sequence[float]], store: Store) -> dict[str, float]:
    """Return what becomes of plain paging when it goes through the log, and when events are decoded, too."""
    rates = {kind: spread(found[title]).median for kind, title in store.replay_kinds}
    return {
        "replay decoded / plain asyncpg paging": rates["decoded"] / rates["plain"],
        "replay undecoded / plain asyncpg paging": rates["undecoded"] / rates["plain"],
    }


def volume_table(found: list[Volume], sizes: Sequence[int]) -> tuple[Table, dict[str, float]]:
    """Return appends on tables of these sizes, and the ratios of latencies to those on the first, the smallest."""
    columns = ("events in the table before", "streams", "appends/s", "p50 ms", "p99 ms", "WAL bytes / 1k events")
    table = Table("small and large tables, 1 event, 32 callers, rongcuo", columns)
    table.note = (
        "Medians of interleaved runs, a checkpoint before each; a large table has grown by the runs before."
        " New streams: as in the other tables. Existing streams:"
        " one chosen at random among all; its index page is cold, and is logged whole when it is the first change"
        " after a checkpoint."
    )
    ratios = {}
    for new_streams in dict.fromkeys(one.new_streams for one in found):
        where = "new" if new_streams else "existing, at random"
        small = medians(found, sizes[0], new_streams)
        for size in sizes:
            speed, p50, p99 = medians(found, size, new_streams)
            runs = [one.run for one in found if one.events == size and one.new_streams == new_streams]
            wal = spread((run.wal_bytes or 0) / max(run.events, 1) * 1000 for run in runs).median
            table.rows.append(dict(zip(columns, (size, where, speed, p50, p99, wal), strict=True)))
            if size != sizes[0]:
                name = f"{_short(size)} / {_short(sizes[0])} events" + ("" if new_streams else ", existing streams")
                ratios[f"{name}: p50"], ratios[f"{name}: p99"] = p50 / small[1], p99 / small[2]
    return table, ratios


def _short(events: int) -> str:
    millions, thousands = events / 1_000_000, events / 1_000
    return f"{millions:g} M" if millions >= 1 else f"{thousands:g} k"
