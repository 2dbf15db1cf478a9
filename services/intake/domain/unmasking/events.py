"""Facts of an unmasking stream. Names and fields stand for ever once released: to change one, raise `schema_version`,
add a step in upcasters.py and a golden file. No fact holds a word of the identity."""

from typing import ClassVar, get_args
from uuid import UUID

from services.intake.domain.unmasking.identity import IdentityField
from shared.kernel.events import Event
from shared.kernel.instants import Instant
from shared.kernel.sealed import Sealed


class UnmaskingRequested(Event):
    """已申请查阅身份; `digest` (SHA-256, hexadecimal) binds an approval to exactly what was asked for.

    `concerned` is the party who was reported, None where he is only described.
    """

    leads_to: ClassVar[str | None] = "requested"
    sets: ClassVar[tuple[str, ...]] = (
        "report_id",
        "matter",
        "jurisdiction",
        "concerned",
        "requester",
        "fields",
        "reason",
        "digest",
    )

    unmasking_id: UUID
    report_id: UUID
    matter: UUID
    jurisdiction: str
    concerned: UUID | None
    requester: str
    fields: tuple[IdentityField, ...]
    reason: Sealed[str]
    digest: str


class UnmaskingApproved(Event):
    """一人已批准."""

    appends_to: ClassVar[str | None] = "approvals"

    approver: str
    digest: str
    approved_at: Instant


class UnmaskingGranted(Event):
    """二人已批准; whoever asked may read until `open_until`, and nobody afterwards."""

    leads_to: ClassVar[str | None] = "granted"
    sets: ClassVar[tuple[str, ...]] = ("open_until",)

    open_until: Instant


class IdentityOpened(Event):
    """身份已查阅."""

    appends_to: ClassVar[str | None] = "openings"

    opening_id: UUID
    reader: str
    fields: tuple[IdentityField, ...]
    opened_at: Instant


Fact = UnmaskingRequested | UnmaskingApproved | UnmaskingGranted | IdentityOpened
EVENTS: tuple[type[Event], ...] = get_args(Fact)
