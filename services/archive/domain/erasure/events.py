"""Facts of an erasure stream. Names and fields stand for ever once released: to change one, raise `schema_version`,
add a step in upcasters.py and a golden file. The public one stands in shared/contracts/archive.py."""

from typing import ClassVar, get_args
from uuid import UUID

from shared.contracts.archive import SubjectErased
from shared.kernel.events import Event
from shared.kernel.excluded import Excluded
from shared.kernel.instants import Instant


class ErasureRequested(Event):
    """申请清除; `digest` is SHA-256 over the canonical JSON of all members but `excluded`; approvals name it."""

    leads_to: ClassVar[str | None] = "requested"
    sets: ClassVar[tuple[str, ...]] = (
        "case_id",
        "matter",
        "jurisdiction",
        "rules_version",
        "subject",
        "identity",
        "ground",
        "requested_by",
        "digest",
    )

    erasure_id: UUID
    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    subject: UUID
    identity: bool
    ground: str
    requested_by: str
    digest: str
    excluded: Excluded


class ErasureEndorsed(Event):
    """一人核准: the first of two approvals."""

    leads_to: ClassVar[str | None] = "endorsed"
    appends_to: ClassVar[str | None] = "approvals"

    approved_by: str
    digest: str


class ErasureApproved(Event):
    """二人核准: the second approval, by another person."""

    leads_to: ClassVar[str | None] = "approved"
    appends_to: ClassVar[str | None] = "approvals"

    approved_by: str
    digest: str


class ErasureCompleted(Event):
    """清除完毕: the evidence that the keys were destroyed."""

    leads_to: ClassVar[str | None] = "completed"
    sets: ClassVar[tuple[str, ...]] = ("keys", "destroyed_at")

    keys: tuple[UUID, ...]
    destroyed_at: Instant


Fact = ErasureRequested | ErasureEndorsed | ErasureApproved | SubjectErased | ErasureCompleted
EVENTS: tuple[type[Event], ...] = get_args(Fact)
