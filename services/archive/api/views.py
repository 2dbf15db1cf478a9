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


class DossierRow(BaseModel):
    """One line of the list of dossiers."""

    id: UUID
    href: str
    matter: UUID
    jurisdiction: str
    state: str
    opened_at: Instant
