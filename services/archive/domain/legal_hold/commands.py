"""What can be asked of the holds on a matter. `at` is the clock; a person is `<issuer>#<pseudonym>`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kernel.excluded import Excluded


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """保全: forbid that anything of the matter be erased; `ground` is a code, `excluded` stay out of it."""

    matter: UUID
    jurisdiction: str
    rules_version: str
    ground: str
    by: str
    excluded: Excluded
    at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """解除保全: by another person than who placed it."""

    matter: UUID
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsiderErasure:
    """审查清除: tell an erasure whether a hold stands in its way, which is written down.

    `final`: it is about to be executed, and from here on nothing can stop it; otherwise somebody only asks for it.
    """

    erasure_id: UUID
    subject: UUID
    matter: UUID
    jurisdiction: str
    rules_version: str
    excluded: Excluded
    final: bool
    at: datetime


Command = PlaceHold | ReleaseHold | ConsiderErasure
