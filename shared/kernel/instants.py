"""Instants and legal days in the one form in which they are stored.

An instant is UTC with six digits and `Z`; a legal day (`*_on`) is the date in Asia/Shanghai (China has one legal time,
UTC+8).
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


def instant_text(instant: datetime) -> str:
    """Return `2026-11-22T05:26:04.000000Z`; raises ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"  # a third of strftime's time


def parse_instant(text: str) -> datetime:
    """Read what `instant_text` wrote; raises ValueError for any other form."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or instant_text(instant) != text:
        raise ValueError("not an instant as it is stored")
    return instant


def legal_day(instant: datetime) -> date:
    """Return the date in Asia/Shanghai at `instant`, the day on which a paper filed then is dated."""
    return instant.astimezone(BEIJING).date()


Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda instant: instant.astimezone(UTC)),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
]
