"""How a subject is erased: asked for, approved by two persons of whom neither asked, executed, and proved.

The keys themselves are destroyed outside; nothing in here could open a text. Order of the whole: docs/erasure.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import assert_never
from uuid import UUID

from services.archive.domain.erasure.commands import (
    ApproveErasure,
    Command,
    ExecuteErasure,
    RecordDestruction,
    RequestErasure,
)
from services.archive.domain.erasure.events import (
    EVENTS,
    ErasureApproved,
    ErasureCompleted,
    ErasureEndorsed,
    ErasureRequested,
    Fact,
)
from services.archive.domain.erasure.policies import retention_over
from services.archive.domain.erasure.upcasters import UPCASTERS
from shared.contracts.archive import SubjectErased
from shared.kernel.canonical import canonical_bytes
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event

_FOUR_EYES = "GB/T 22239-2019 8.1.4.2; 个人信息保护法 47"


class State(StrEnum):
    """Where an erasure stands; None is one that nobody has asked for."""

    REQUESTED = "requested"
    ENDORSED = "endorsed"
    APPROVED = "approved"
    ERASED = "erased"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure 清除: what was asked, who approved it (a person each), and what became of it."""

    state: State | None = None
    requested: ErasureRequested | None = None
    approved_by: tuple[str, ...] = ()
    erased: SubjectErased | None = None
    completed: ErasureCompleted | None = None

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 from which the subject is erased."""
        return self.requested.matter if self.requested else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the case belongs (GB/T 2260)."""
        return self.requested.jurisdiction if self.requested else None

    @property
    def rules_version(self) -> str | None:
        """The pack pinned by the case."""
        return self.requested.rules_version if self.requested else None


def decide(command: Command, erasure: Erasure, *, rules: object) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    if isinstance(command, RequestErasure):
        return request(command, erasure)
    if erasure.requested is None:
        raise Rejected("erasure-unknown", "没有这项清除申请。")
    match command:
        case ApproveErasure():
            return approve(command, erasure, erasure.requested)
        case ExecuteErasure():
            return execute(command, erasure, erasure.requested)
        case RecordDestruction():
            return record_destruction(command, erasure)
        case _:
            assert_never(command)


def request(command: RequestErasure, erasure: Erasure) -> Sequence[Event]:
    """申请清除: not while the dossier has to be kept, not against a legal hold."""
    event = _requested(command)
    if erasure.requested and erasure.requested.digest == event.digest:
        return []
    if erasure.requested:
        raise Rejected("erasure-already-requested", "该编号的清除申请已经提出。", pointer="/erasure_id")
    _of_this_matter(command)
    if command.held:
        raise _held()
    retention_over(command.retention, command.completed_on, command.at)
    _only_here(event, command)
    return [event]


def approve(command: ApproveErasure, erasure: Erasure, asked: ErasureRequested) -> Sequence[Event]:
    """核准清除: by two persons, neither of whom asked; each approves exactly what was asked."""
    person = command.by.casefold()
    if command.digest == asked.digest and person in {other.casefold() for other in erasure.approved_by}:
        return []
    if erasure.state not in (State.REQUESTED, State.ENDORSED):
        raise Rejected("erasure-already-approved", "清除申请已经二人核准。")
    if command.digest != asked.digest:
        raise Rejected("approval-of-something-else", "核准的内容与申请不一致，请重新读取后核准。", pointer="/digest")
    if person == asked.requested_by.casefold():
        raise Rejected("approver-is-requester", "申请人不能核准自己的申请。", reference=_FOUR_EYES)
    kind = ErasureEndorsed if erasure.state is State.REQUESTED else ErasureApproved
    return [kind(approved_by=command.by, digest=command.digest)]


def execute(command: ExecuteErasure, erasure: Erasure, asked: ErasureRequested) -> Sequence[Event]:
    """执行清除: what was approved, if it is still allowed."""
    if erasure.erased:
        return []
    if erasure.state is not State.APPROVED:
        raise Rejected("erasure-not-approved", "清除申请尚未经二人核准。", reference=_FOUR_EYES)
    _of_this_matter(command)
    if not command.cleared:
        raise _held()
    retention_over(command.retention, command.completed_on, command.at)
    _only_here(asked, command)
    return [
        SubjectErased(
            erasure_id=asked.erasure_id,
            case_id=asked.case_id,
            matter=asked.matter,
            jurisdiction=asked.jurisdiction,
            rules_version=asked.rules_version,
            subject=asked.subject,
            identity=asked.identity,
            digest=asked.digest,
        )
    ]


def record_destruction(command: RecordDestruction, erasure: Erasure) -> Sequence[Event]:
    """记录销毁: once; destroying the keys again gives the same evidence."""
    if erasure.completed:
        return []
    if erasure.erased is None:
        raise Rejected("erasure-not-executed", "清除尚未执行。")
    return [ErasureCompleted(keys=command.keys, destroyed_at=command.destroyed_at)]


def _requested(command: RequestErasure) -> ErasureRequested:
    asked = {
        "erasure_id": str(command.erasure_id),
        "case_id": str(command.case_id),
        "matter": str(command.matter),
        "jurisdiction": command.jurisdiction,
        "rules_version": command.rules_version,
        "subject": str(command.subject),
        "identity": command.identity,
        "ground": command.ground,
        "requested_by": command.by,
    }
    digest = sha256(canonical_bytes(asked)).hexdigest()
    return ErasureRequested.model_validate({**asked, "digest": digest, "excluded": command.excluded})


def _of_this_matter(command: RequestErasure | ExecuteErasure) -> None:
    """Nobody is erased from where he does not stand: the key of one who comes later would be destroyed beforehand."""
    if not command.in_matter:
        raise Rejected("subject-not-in-matter", "该事项的记录中没有这个当事人，不能清除。", pointer="/subject")


def _only_here(asked: ErasureRequested, command: RequestErasure | ExecuteErasure) -> None:
    """An identity belongs to where it was registered, and outlives a matter: it goes with the last one only."""
    if asked.identity and not command.registered_here:
        raise Rejected(
            "registration-elsewhere", "身份登记不在您的辖区，或者登记地不明，不能一并清除。", pointer="/identity"
        )
    if asked.identity and command.other_matters:
        raise Rejected("subject-in-other-matters", "该当事人还涉及其他事项，不能清除身份登记。", pointer="/identity")


def _held() -> Rejected:
    return Rejected("legal-hold-in-force", "该事项正在依法保全，不能清除。", reference="个人信息保护法 47")


def evolve(erasure: Erasure, event: Fact) -> Erasure:
    """Apply a fact; facts are not judged again."""
    match event:
        case ErasureRequested():
            return replace(erasure, state=State.REQUESTED, requested=event)
        case ErasureEndorsed():
            return replace(erasure, state=State.ENDORSED, approved_by=(*erasure.approved_by, event.approved_by))
        case ErasureApproved():
            return replace(erasure, state=State.APPROVED, approved_by=(*erasure.approved_by, event.approved_by))
        case SubjectErased():
            return replace(erasure, state=State.ERASED, erased=event)
        case ErasureCompleted():
            return replace(erasure, state=State.COMPLETED, completed=event)
        case _:
            assert_never(event)


DECIDER = Decider(category="erasure", codec=Codec(EVENTS, UPCASTERS), initial=Erasure(), decide=decide, evolve=evolve)
