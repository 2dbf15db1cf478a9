"""Medians, percentiles and ratios of measured runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True)
class Spread:
    """One figure over several runs."""

    median: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Spread:
    """Return median, lowest and highest of the runs; raises ValueError without any."""
    runs = sorted(values)
    if not runs:
        raise ValueError("no runs")
    return Spread(median(runs), runs[0], runs[-1])


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of the ascending values that `percent` of them do not exceed (nearest rank)."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


@dataclass(frozen=True)
class Latency:
    """Milliseconds of single calls."""

    p50: float
    p99: float


def latency(nanoseconds: Iterable[int]) -> Latency:
    """Return the percentiles of calls that took so long; raises IndexError without any."""
    ordered = sorted(nanoseconds)
    return Latency(percentile(ordered, 50) / 1e6, percentile(ordered, 99) / 1e6)
