"""Public events of intake 受理: what other services may act on. Names and fields stand for ever once released."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.kernel.events import Event
from shared.kernel.upcasting import Upcaster, Upcasters

SOURCES = ("inspection", "personal_application", "unit_application")
"""The values of `SubmissionAccepted.source`: 监督检查发现, 个人申请, 单位申请."""


class Recusal(BaseModel):
    """回避: a person (a pseudonym), on which of the four grounds, and who said so: himself or a leader."""

    model_config = ConfigDict(frozen=True)

    person: str
    ground: str
    by: str


class SubmissionReturned(Event):
    """退回补正: the submission waits for its applicant; what is missing is told in the private SupplementRequested.

    `notify` is the applicant to be told; null for a finding, which goes back to the body that found the matter.
    """

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "returned"

    submission_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    notify: UUID | None


class SubmissionAccepted(Event):
    """受理: adjudication opens the tolerance case `case_id`.

    `source` is `inspection` (监督检查发现), `personal_application` or `unit_application`. `notify` is the party to be
    told: the applicant, otherwise the cadre `concerned`. The case takes over the `recusals` that were recorded.
    """

    public: ClassVar[bool] = True
    leads_to: ClassVar[str | None] = "accepted"
    sets: ClassVar[tuple[str, ...]] = ("case_id",)

    submission_id: UUID
    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    kind: str
    source: str
    concerned: UUID
    applicant: UUID | None
    notify: UUID
    situations: tuple[str, ...]
    act_on: date
    recusals: tuple[Recusal, ...] = ()


EVENTS: tuple[type[Event], ...] = (SubmissionReturned, SubmissionAccepted)
STEPS: dict[tuple[str, int], Upcaster] = {}
UPCASTERS = Upcasters(STEPS)
