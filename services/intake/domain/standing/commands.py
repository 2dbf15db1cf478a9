"""What can be asked about somebody's access."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WithdrawAccess:
    """收回访问权限: admit nobody of this name any more; the name is the one that events have."""

    issuer: str
    subject: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndWithdrawal:
    """恢复访问权限."""

    at: datetime


Command = WithdrawAccess | EndWithdrawal
