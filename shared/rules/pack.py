"""A rule pack: the tolerance rules of one jurisdiction from one date, as immutable values.

Every entry names its source and how well that source is known. *Unknown is not empty*: a section on which nothing was
published is `Unknown`, shown as 未公布, and nothing is demanded on its ground. Files are read by `loader` alone.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictBool, StrictInt, Tag, model_validator

from shared.kernel.errors import Rejected


class Status(StrEnum):
    """How well an entry is known; `default` and `unverified` are proposals and never shown as law."""

    SEED = "seed"
    READ = "read"
    EXCERPT = "excerpt"
    DEFAULT = "default"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str = Field(min_length=1)
    status: Status


class Unknown(_Rule):
    """A section whose content was not published 未公布. It is not an empty section."""

    status: Literal[Status.UNKNOWN]


class Entry(_Rule):
    """One line of a catalogue; its label is null exactly when the line exists but its text was not published."""

    code: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]*$")
    label: str | None

    @model_validator(mode="after")
    def _label_is_null_when_unknown(self) -> Self:
        if (self.label is None) != (self.status is Status.UNKNOWN):
            raise ValueError("label is null exactly when status is unknown")
        return self


E = TypeVar("E", bound=Entry)
T = TypeVar("T")


def _is_unknown(value: Any) -> str:
    if isinstance(value, dict):
        return "unknown" if value.get("status") == "unknown" and "code" not in value else "known"
    return "unknown" if isinstance(value, Unknown) else "known"


Slot = Annotated[Annotated[T, Tag("known")] | Annotated[Unknown, Tag("unknown")], Discriminator(_is_unknown)]


class Situation(Entry):
    """容错情形; an `open_class` (8+X 的 X) carries free text that the deciding body has to recognise with reasons."""

    open_class: StrictBool = False


class Condition(Entry):
    """容错条件; not met, it may be a `breach`: the code of the excluded conduct that then applies."""

    breach: str | None = None


class Conditions(_Rule):
    """The conditions, and the named policy by which they lead to an outcome."""

    policy: Literal["generally_exempt_when_all_met"]
    entries: tuple[Condition, ...]


class Activity(Entry):
    """调查核实方式; the record of a `talk` is read and signed by the person talked to."""

    talk: StrictBool = False


class Departments(_Rule):
    """Departments that take part: how many the source counts, and those that it names (`named` may be fewer)."""

    count: StrictInt
    named: tuple[str, ...]


class Decision(_Rule):
    """Who decides and how; `resolution` says vote or consensus."""

    mode: Entry
    body: Entry
    members: Slot[Departments]
    resolution: Slot[Entry]


class Experts(_Rule):
    """专家咨询组: its lead, its departments, and what calls for its opinion."""

    lead: str
    departments: Departments
    triggers: tuple[Entry, ...]


class Protections(_Rule):
    """What an exemption protects; `general` means 一般不受影响, `absolute` 不受影响."""

    strength: Literal["general", "absolute"]
    areas: tuple[Entry, ...]


class RulePack(BaseModel):
    """One jurisdiction (GB/T 2260 code) from one date. `sources` explains the first word of every reference.

    `extends` names the pack of the upper level with which this one is to be read; nothing is inherited silently:
    what holds here is written out here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    jurisdiction: str = Field(pattern=r"^[0-9]{6}$")
    name: str
    in_force_from: date
    extends: str | None
    sources: dict[str, str]
    instruments: Slot[tuple[Entry, ...]]
    situations: tuple[Situation, ...]
    conditions: Slot[Conditions]
    grounds: Slot[tuple[Entry, ...]]
    outcomes: Slot[tuple[Entry, ...]]
    excluded: Slot[tuple[Entry, ...]]
    activities: Slot[tuple[Activity, ...]]
    decision: Decision
    experts: Slot[Experts]
    protections: Slot[Protections]
    archive_targets: Slot[tuple[Entry, ...]]

    @property
    def version(self) -> str:
        """The name under which a decision pins this pack, for example `331123/2020-01-01`."""
        return f"{self.jurisdiction}/{self.in_force_from.isoformat()}"

    @model_validator(mode="after")
    def _breaches_are_excluded_conduct(self) -> Self:
        if isinstance(self.conditions, Unknown) or isinstance(self.excluded, Unknown):
            return self
        for condition in self.conditions.entries:
            if condition.breach is not None and find(self.excluded, condition.breach) is None:
                raise ValueError(f"the breach {condition.breach} of {condition.code} is not among the excluded conduct")
        return self

    def cite(self, reference: str) -> str:
        """Return a reference with its source written out, for people who do not know our short names."""
        cited = [one.partition(" ") for one in reference.split("; ")]
        return "; ".join(f"{self.sources[source]} {place}".strip() for source, _, place in cited)

    @property
    def protected_areas(self) -> tuple[str, ...]:
        """The codes of what an exemption protects here; none where that was not published."""
        return () if isinstance(self.protections, Unknown) else tuple(area.code for area in self.protections.areas)

    def is_talk(self, code: str) -> bool:
        """Whether the activity of this code is a talk 谈话."""
        activity = None if isinstance(self.activities, Unknown) else find(self.activities, code)
        return activity is not None and activity.talk


def find(entries: Iterable[E], code: str) -> E | None:
    """Return the entry with this code, or None."""
    return next((entry for entry in entries if entry.code == code), None)


class Rulebook:
    """All packs of the installation; the only thing that `decide` knows of rules."""

    def __init__(self, packs: Iterable[RulePack]) -> None:
        self._packs = {pack.version: pack for pack in sorted(packs, key=lambda pack: pack.in_force_from)}

    def __iter__(self) -> Iterator[RulePack]:
        return iter(self._packs.values())

    def in_force(self, jurisdiction: str, on: date) -> RulePack | None:
        """Return the jurisdiction's pack in force on that day, or None where we have none."""
        held = [p for p in self._packs.values() if p.jurisdiction == jurisdiction and p.in_force_from <= on]
        return held[-1] if held else None

    def get(self, version: str) -> RulePack:
        """Return the pack that an event pinned; raises Rejected when this installation does not hold it."""
        if version not in self._packs:
            raise Rejected("rules-version-unknown", f"本系统没有规则版本 {version}，不能据此办理。", named=version)
        return self._packs[version]
