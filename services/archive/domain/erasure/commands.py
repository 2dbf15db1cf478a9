"""What can be asked of an erasure. `at` is the clock, a person `<issuer>#<pseudonym>`; pointers name these fields."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.kernel.excluded import Excluded


@dataclass(frozen=True, slots=True)
class RequestErasure:
    """申请清除: ask that a subject be erased from the matter of a dossier, with `identity` from the register, too.

    `retention` and `completed_on` are what the dossier says (None: it says nothing, or there is none); `held` whether
    a legal hold is in force, `other_matters` in which the subject stands and is not erased. `in_matter`: the subject
    stands in the events of the matter; `registered_here`: his registration is where the asker acts, false also when
    nobody knows where it is. `excluded` may neither see nor touch the erasure.
    """

    erasure_id: UUID
    case_id: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    subject: UUID
    identity: bool
    ground: str
    by: str
    retention: str | None
    completed_on: date | None
    held: bool
    other_matters: tuple[UUID, ...]
    in_matter: bool
    registered_here: bool
    excluded: Excluded
    at: datetime


@dataclass(frozen=True, slots=True)
class ApproveErasure:
    """核准清除: one of two approvals, of exactly what `digest` commits to."""

    erasure_id: UUID
    digest: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExecuteErasure:
    """执行清除: the point of no return. All is judged anew as when it was asked for; `cleared`: no hold in the way."""

    erasure_id: UUID
    retention: str | None
    completed_on: date | None
    cleared: bool
    other_matters: tuple[UUID, ...]
    in_matter: bool
    registered_here: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordDestruction:
    """记录销毁: the keys are gone; `keys` are their ids, `destroyed_at` when the last of them went."""

    erasure_id: UUID
    keys: tuple[UUID, ...]
    destroyed_at: datetime
    at: datetime


Command = RequestErasure | ApproveErasure | ExecuteErasure | RecordDestruction
