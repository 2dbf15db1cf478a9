"""How a protected identity is opened: asked for in writing, approved by two others, read within the hour.

The rules protect whoever reports (纪检监察机关处理检举控告工作规则 47); two approvals and one hour are [I]. An approval
binds the digest of the request, so that nothing is approved that was not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import assert_never
from uuid import UUID

from services.intake.domain.unmasking.commands import ApproveUnmasking, Command, OpenIdentity, RequestUnmasking
from services.intake.domain.unmasking.events import (
    EVENTS,
    Fact,
    IdentityOpened,
    UnmaskingApproved,
    UnmaskingGranted,
    UnmaskingRequested,
)
from services.intake.domain.unmasking.upcasters import UPCASTERS
from shared.kernel.canonical import canonical_bytes
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.rules.pack import Rulebook

APPROVALS = 2
OPEN_FOR = timedelta(hours=1)
PROTECTION_RULE = "纪检监察机关处理检举控告工作规则 47"


class State(StrEnum):
    """Where an unmasking stands; None is one that nobody has asked for. `granted` ends by the clock alone."""

    REQUESTED = "requested"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Unmasking:
    """An unmasking 身份查阅: what was asked, who approved, until when it is open, which readings there were."""

    state: State | None = None
    requested: UnmaskingRequested | None = None
    approvals: tuple[UnmaskingApproved, ...] = ()
    open_until: datetime | None = None
    openings: tuple[UUID, ...] = ()

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 of the report."""
        return self.requested.matter if self.requested else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the report was received (GB/T 2260)."""
        return self.requested.jurisdiction if self.requested else None

    @property
    def rules_version(self) -> str | None:
        """Always None: the protection of reporters is the same everywhere."""
        return None

    def is_open(self, reader: str, at: datetime) -> bool:
        """Tell whether `reader` may read the identity at `at`: only who asked, only within the hour."""
        asked = self.requested is not None and self.requested.requester == reader
        return asked and self.open_until is not None and at < self.open_until


def decide(command: Command, unmasking: Unmasking, *, rules: Rulebook) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    if isinstance(command, RequestUnmasking):
        return request(command, unmasking)
    if unmasking.requested is None:
        raise Rejected("unmasking-unknown", "没有这件身份查阅申请。")
    match command:
        case ApproveUnmasking():
            return approve(command, unmasking, unmasking.requested)
        case OpenIdentity():
            return open_identity(command, unmasking, unmasking.requested)
        case _:
            assert_never(command)


def request(command: RequestUnmasking, unmasking: Unmasking) -> Sequence[Event]:
    """申请查阅身份: for named members, each once."""
    event = UnmaskingRequested(
        unmasking_id=command.unmasking_id,
        report_id=command.report_id,
        matter=command.matter,
        jurisdiction=command.jurisdiction,
        concerned=command.concerned,
        requester=command.requester,
        fields=command.fields,
        reason=command.reason,
        digest=digest_of(command),
    )
    if unmasking.requested == event:
        return []
    if unmasking.requested:
        raise Rejected("unmasking-already-requested", "该编号的身份查阅已经申请。", pointer="/unmasking_id")
    if not command.fields or len(set(command.fields)) != len(command.fields):
        raise Rejected("identity-fields-unclear", "应当写明要查阅的项目，每项一次。", pointer="/fields")
    return [event]


def approve(command: ApproveUnmasking, unmasking: Unmasking, asked: UnmaskingRequested) -> Sequence[Event]:
    """批准查阅身份: two persons, neither of whom asked; from the second approval on it is open for an hour."""
    if any((given.approver, given.digest) == (command.approver, command.digest) for given in unmasking.approvals):
        return []
    if unmasking.state is State.GRANTED:
        raise Rejected("unmasking-already-granted", "该身份查阅已经二人批准。")
    if same_person(command.approver, asked.requester):
        raise Rejected("approver-is-requester", "申请人不得批准自己的申请。", reference=PROTECTION_RULE)
    if any(same_person(command.approver, given.approver) for given in unmasking.approvals):
        raise Rejected("approver-has-approved", "同一人不得批准两次。", reference=PROTECTION_RULE)
    if command.digest != asked.digest:
        raise Rejected("approval-of-something-else", "所批准的内容与申请不一致，请重新阅读申请。", pointer="/digest")
    approved = UnmaskingApproved(approver=command.approver, digest=command.digest, approved_at=command.at)
    if len(unmasking.approvals) + 1 < APPROVALS:
        return [approved]
    return [approved, UnmaskingGranted(open_until=command.at + OPEN_FOR)]


def open_identity(command: OpenIdentity, unmasking: Unmasking, asked: UnmaskingRequested) -> Sequence[Event]:
    """查阅身份: every reading is a fact."""
    if command.opening_id in unmasking.openings:
        return []
    if unmasking.state is not State.GRANTED:
        raise Rejected("unmasking-not-granted", "身份查阅尚未经二人批准。", reference=PROTECTION_RULE)
    if not unmasking.is_open(command.reader, command.at):
        raise Rejected("unmasking-closed", "身份查阅已经结束，或者不是您申请的。", reference=PROTECTION_RULE)
    opened = IdentityOpened(
        opening_id=command.opening_id, reader=command.reader, fields=asked.fields, opened_at=command.at
    )
    return [opened]


def digest_of(command: RequestUnmasking) -> str:
    """Return the SHA-256 of what is asked; of the reason its salted digest takes part, which gives nothing away."""
    content = {
        "unmasking_id": str(command.unmasking_id),
        "report_id": str(command.report_id),
        "requester": command.requester,
        "fields": list(command.fields),
        "reason": {"key": str(command.reason.key), "digest": command.reason.digest},
    }
    return sha256(canonical_bytes(content)).hexdigest()


def same_person(one: str, other: str) -> bool:
    """Tell whether two pseudonyms mean one person: other letters make nobody else of him."""
    return one.casefold() == other.casefold()


def evolve(unmasking: Unmasking, event: Fact) -> Unmasking:
    """Apply a fact; facts are not judged again."""
    match event:
        case UnmaskingRequested():
            return replace(unmasking, state=State.REQUESTED, requested=event)
        case UnmaskingApproved():
            return replace(unmasking, approvals=(*unmasking.approvals, event))
        case UnmaskingGranted():
            return replace(unmasking, state=State.GRANTED, open_until=event.open_until)
        case IdentityOpened():
            return replace(unmasking, openings=(*unmasking.openings, event.opening_id))
        case _:
            assert_never(event)


DECIDER = Decider(
    category="unmasking", codec=Codec(EVENTS, UPCASTERS), initial=Unmasking(), decide=decide, evolve=evolve
)
