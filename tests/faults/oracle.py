"""Judges a site that has come to rest: acknowledged ⊆ stored ⊆ published ⊆ archived, dense, in order, all once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rongcuo.demo.client import Json
from shared.database.databases import SERVICES
from shared.kernel.recorded import Recorded
from shared.messaging.envelope import recorded_of
from tests.faults import expected, witness
from tests.faults.journal import Answered, acknowledged
from tests.faults.site import Site
from tests.story.evidence import as_copied, collected, fetch, records, served_and_fresh, stored

_SEQUENCE = "SELECT log, position FROM app.sequence ORDER BY index"
_INDEXES = "SELECT index FROM app.sequence ORDER BY index"
_WITNESSED = f"SELECT log, position, stream, version FROM {witness.TABLE} ORDER BY n"
_PARKED = "SELECT consumer, log, stream, version FROM log.parked"


@dataclass
class Verdict:
    """What was counted, and everything that must not be, in words; `redelivered` copies on Kafka are allowed."""

    acknowledged: int = 0
    stored: int = 0
    redelivered: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        return [*self.lost, *self.duplicated, *self.holes, *self.disorder, *self.differing]


async def judge(site: Site, journal: Path) -> Verdict:
    """Compare the clients' file, the logs, Kafka, the archive, the witness and the read models."""
    calls, drafts = acknowledged(journal)
    events = await stored(site.databases)
    verdict = Verdict(acknowledged=len(calls), stored=len(events))
    _effects(verdict, calls, drafts, events)
    _answers(verdict, calls, events)
    dense(verdict, events)
    await _published(verdict, site, events)
    await _archived(verdict, site, events)
    await _witnessed(verdict, site, events)
    for service in SERVICES:
        parked = await fetch(site.databases, service, _PARKED)
        verdict.lost += [f"parked: {tuple(row)}" for row in parked]
        for table, (served, fresh) in (await served_and_fresh(site.databases, service)).items():
            if served != fresh:
                verdict.differing.append(f"{service}: {table} differs from a fresh replay")
    return verdict


def _effects(verdict: Verdict, calls: Sequence[Answered], drafts: dict[str, Json], events: Sequence[Recorded]) -> None:
    wanted = expected.facts(calls, drafts, expected.cases_of(events))
    found = expected.standing(events)
    verdict.lost += [f"not stored: {fact}" for fact in (wanted - found).elements()]
    verdict.duplicated += [f"nobody asked for: {fact}" for fact in (found - wanted).elements()]


def _answers(verdict: Verdict, calls: Sequence[Answered], events: Sequence[Recorded]) -> None:
    """Every answer named the version at which its own facts stand, and no two named the same."""
    types = {(event.stream, event.version): event.type for event in events}
    named = Counter((expected.stream_of(call), call.version) for call in calls)
    verdict.duplicated += [f"answered twice: {place}" for place, count in named.items() if count > 1]
    for call in calls:
        stream, facts = expected.stream_of(call), expected.FACTS[call.command]
        versions = range(call.version - len(facts) + 1, call.version + 1)
        if [types.get((stream, version)) for version in versions] != facts:
            verdict.lost.append(f"{call.path} was answered with version {call.version}, where something else stands")


def dense(verdict: Verdict, events: Sequence[Recorded]) -> None:
    """Positions count up from 1 in every log, and versions in every stream."""
    _count_up(verdict, "log", ((event.log, event.position) for event in events))
    ordered = sorted(events, key=lambda event: (event.stream, event.version))
    _count_up(verdict, "stream", ((event.stream, event.version) for event in ordered))


def _count_up(verdict: Verdict, where: str, places: Iterable[tuple[str, int]]) -> None:
    """Each name has to count 1, 2, 3, …"""
    last: dict[str, int] = defaultdict(int)
    for name, number in places:
        if number == last[name]:
            verdict.duplicated.append(f"{where} {name} has {number} twice")
        elif number < last[name]:
            verdict.disorder.append(f"{where} {name} has {number} after {last[name]}")
        elif number > last[name] + 1:
            verdict.holes.append(f"{where} {name} has {number} after {last[name]}")
        last[name] = max(number, last[name])


async def _published(verdict: Verdict, site: Site, events: Sequence[Recorded]) -> None:
    """Kafka holds every event as stored, each stream in order; what comes again is the same event."""
    seen: dict[tuple[str, int], Recorded] = {}
    for record in await records(site.bus):
        event = recorded_of(record.headers.items(), record.value)
        verdict.redelivered += seen.setdefault((event.log, event.position), event) is not event
        if seen[event.log, event.position].hash != event.hash:
            verdict.differing.append(f"Kafka holds two events at {event.log} {event.position}")
    _count_up(verdict, "topic", ((event.stream, event.version) for event in seen.values()))
    _same(verdict, "Kafka", events, list(seen.values()))


async def _archived(verdict: Verdict, site: Site, events: Sequence[Recorded]) -> None:
    """Archive has collected every event as stored, in one order, position by position."""
    _same(verdict, "archive", events, await collected(site.databases))
    indexes = [row[0] for row in await fetch(site.databases, "archive", _INDEXES)]
    if indexes != list(range(len(events))):
        verdict.holes.append("archive's order is not dense")
    _count_up(verdict, "archive's order of", [tuple(row) for row in await fetch(site.databases, "archive", _SEQUENCE)])


async def _witnessed(verdict: Verdict, site: Site, events: Sequence[Recorded]) -> None:
    """A consumer that hides nothing was given every event once, each stream in order."""
    rows = await fetch(site.databases, witness.HOME, _WITNESSED)
    _count_up(verdict, "witness of", ((row["stream"], row["version"]) for row in rows))
    missing = {(event.log, event.position) for event in events} - {(row["log"], row["position"]) for row in rows}
    verdict.lost += [f"not given to the witness: {place}" for place in sorted(missing)]


def _same(verdict: Verdict, where: str, events: Sequence[Recorded], copies: Sequence[Recorded]) -> None:
    logs, copied = as_copied(list(events)), as_copied(list(copies))
    verdict.lost += [f"not in {where}: {place}" for place in sorted(logs.keys() - copied.keys())]
    verdict.differing += [f"only in {where}: {place}" for place in sorted(copied.keys() - logs.keys())]
    both = logs.keys() & copied.keys()
    verdict.differing += [f"other bytes in {where}: {place}" for place in sorted(both) if logs[place] != copied[place]]
