"""What a run was, as tables for people and one last line of JSON for programs."""

from collections.abc import Iterable, Mapping
from statistics import median

import orjson
from rich.console import Console
from rich.table import Table

from tests.faults.run import Outcome
from tests.faults.storm import PARTS

_SHOWN = 20


def figures(outcome: Outcome) -> dict[str, object]:
    """Return the figures of a run."""
    damage, tally, verdict = outcome.damage, outcome.tally, outcome.verdict
    return {
        "seed": outcome.seed,
        "seconds": round(outcome.seconds),
        "kills": sum(damage.kills.values()),
        "kills_by_part": {part: damage.kills[part] for part in PARTS},
        "points": dict(sorted(damage.points.items())),
        "freezes": dict(sorted(damage.freezes.items())),
        "cuts": dict(sorted(damage.cuts.items())),
        "acknowledged": verdict.acknowledged,
        "stored": verdict.stored,
        "retried": tally.retried,
        "repeated": tally.repeated,
        "answered_differently": len(tally.different),
        "wrong_answers": len(tally.wrong),
        "lost": len(verdict.lost) + len(tally.unfinished),
        "duplicated": len(verdict.duplicated),
        "holes": len(verdict.holes),
        "order_violations": len(verdict.disorder),
        "differing": len(verdict.differing),
        "redelivered": verdict.redelivered,
        "not_at_rest": len(outcome.still),
        "recovery_s": {part: _times(outcome.damage.recoveries.get(part, [])) for part in PARTS},
        "no_answer": dict(tally.meetings.most_common()),
        "ended_by_themselves": outcome.ended,
    }


def show(outcome: Outcome) -> None:
    """Print the tables, what must not be, and the figures in one line."""
    console, damage, found = Console(width=120), outcome.damage, figures(outcome)
    parts = Table("part", "killed", "recovered in s (median)", "(longest)", title="killed")
    for part in PARTS:
        times = damage.recoveries.get(part, [])
        parts.add_row(part, str(damage.kills[part]), *(_shown(times, of) for of in (median, max)))
    console.print(parts)
    console.print(_counts("named points", damage.points), _counts("stood still", damage.freezes))
    console.print(_counts("on the way", damage.cuts), _counts("no answer", outcome.tally.meetings))
    commands = Table("commands", "", title="clients and logs")
    for name in ("acknowledged", "retried", "repeated", "answered_differently", "wrong_answers", "stored"):
        commands.add_row(name, str(found[name]))
    for name in ("lost", "duplicated", "holes", "order_violations", "differing", "redelivered", "not_at_rest"):
        commands.add_row(name, str(found[name]))
    console.print(commands)
    for fault in outcome.faults[:_SHOWN]:
        console.print(fault, style="red", highlight=False, markup=False)
    print(orjson.dumps(found).decode())


def _counts(title: str, counted: Mapping[str, int]) -> Table:
    table = Table("what", "times", title=title)
    for name, count in sorted(counted.items()):
        table.add_row(name, str(count))
    return table


def _times(seconds: Iterable[float]) -> dict[str, float]:
    known = sorted(seconds)
    return {"median": round(median(known), 1), "max": round(known[-1], 1)} if known else {}


def _shown(times: list[float], of: object) -> str:
    return f"{of(times):.1f}" if times and callable(of) else "–"
