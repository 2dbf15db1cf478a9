"""What can be asked of a party."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.kernel.sealed import Sealed


@dataclass(frozen=True, slots=True)
class RegisterParty:
    """登记当事人: enter a person 个人 or a unit 单位, sealed."""

    party_id: UUID
    kind: Literal["person", "unit"]
    jurisdiction: str
    name: Sealed[str]
    contact: Sealed[str] | None
    at: datetime


Command = RegisterParty
