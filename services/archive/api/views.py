"""What archive answers; a resource's members are set by events of the same name (GET /archive/v1/event-types)."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.kernel.instants import Instant
from shared.web.details import View


class PaperView(BaseModel):
    """一份材料: where its text stands."""

    paper: str
    log: str
    event_id: UUID
    field: str | None
    on: date


class DossierView(View):
    """卷宗. `targets` null: the rules do not say where the conclusion has to be filed (未公布)."""

    matter: UUID
    jurisdiction: str
    rules_version: str
    targets: tuple[str, ...] | None
    papers: tuple[PaperView, ...] = ()
    completed_on: date | None = None
    pages: int | None = None
    retention: str | None = None
    concerned: UUID | None = None
    applicant: UUID | None = None
    office: str | None = None
    persons: tuple[str, ...] = ()


class DossierRow(BaseModel):
    """One line of the list of dossiers."""

    id: UUID
    href: str
    matter: UUID
    jurisdiction: str
    state: str
    opened_at: Instant


class ErasureApprovalView(BaseModel):
    """一次核准."""

    approved_by: str
    digest: str


class ErasureView(View):
    """清除申请. An approval names `digest`; `keys` and `destroyed_at` are the evidence that the keys are gone."""

    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    subject: UUID
    identity: bool
    ground: str
    requested_by: str
    digest: str
    approvals: tuple[ErasureApprovalView, ...] = ()
    keys: tuple[UUID, ...] = ()
    destroyed_at: Instant | None = None


class ErasureRow(BaseModel):
    """One line of the list of erasures."""

    id: UUID
    href: str
    case_id: UUID
    matter: UUID
    jurisdiction: str
    state: str
    requested_at: Instant


class HeldErasureView(BaseModel):
    """An erasure that a hold refused."""

    erasure_id: UUID
    subject: UUID


class ClearedErasureView(HeldErasureView):
    """An erasure that went on while no hold was in force."""

    matter: UUID
    jurisdiction: str
    rules_version: str


class LegalHoldView(View):
    """事项的保全. `state` is `held` or `free`."""

    matter: UUID
    jurisdiction: str
    rules_version: str
    ground: str | None = None
    placed_by: str | None = None
    released_by: str | None = None
    refusals: tuple[HeldErasureView, ...] = ()
    cleared: tuple[ClearedErasureView, ...] = ()
