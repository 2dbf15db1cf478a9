"""Facts of a report stream. Names and fields stand for ever once released: to change one, raise `schema_version`, add
a step in upcasters.py and a golden file.

Who reported stands in a fact of its own, under a key of its own: nothing that holds the content names the reporter.
"""

from datetime import date
from typing import ClassVar, Literal, get_args
from uuid import UUID

from services.intake.domain.report.identity import Identity
from services.intake.domain.report.organs import Ground, Level
from shared.kernel.events import Event
from shared.kernel.sealed import Sealed


class ReportReceived(Event):
    """检举控告已接收; `level` says whose cadre it is about: the receiving organ's own, or a lower one's."""

    leads_to: ClassVar[str | None] = "received"
    sets: ClassVar[tuple[str, ...]] = (
        "matter",
        "jurisdiction",
        "channel",
        "managed_by",
        "level",
        "received_on",
        "concerned",
        "person_described",
        "content",
    )

    report_id: UUID
    matter: UUID
    jurisdiction: str
    channel: Literal["letter", "visit", "phone", "online", "other"]
    managed_by: str
    level: Level
    received_on: date
    concerned: UUID | None
    person_described: Sealed[str] | None
    content: Sealed[str]


class ReporterIdentified(Event):
    """实名检举控告人身份已登记; `reporter` is a pseudonym that means nothing outside this report."""

    sets: ClassVar[tuple[str, ...]] = ("identity",)

    reporter: UUID
    identity: Identity


class ReportAssigned(Event):
    """已转交承办部门."""

    leads_to: ClassVar[str | None] = "transferred"
    sets: ClassVar[tuple[str, ...]] = ("office",)

    office: str


class ReportRecusalRecorded(Event):
    """检举控告回避已登记. `by` is the person himself or the head who ordered it; `ground` may hint at who reported."""

    appends_to: ClassVar[str | None] = "recusals"

    person: str
    ground: str
    by: str


class ReportTransferRecorded(Event):
    """已报送上级机关: that there was a report, and where it went; not a word of it."""

    leads_to: ClassVar[str | None] = "transferred"
    sets: ClassVar[tuple[str, ...]] = ("jurisdiction", "to_organ", "ground", "received_on", "rule")

    report_id: UUID
    jurisdiction: str
    to_organ: str
    ground: Ground
    received_on: date
    rule: str


Fact = ReportReceived | ReporterIdentified | ReportAssigned | ReportRecusalRecorded | ReportTransferRecorded
EVENTS: tuple[type[Event], ...] = get_args(Fact)
