"""The only wall clock; everything else receives the time as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present instant in UTC, with microseconds."""
    return datetime.now(UTC)  # noqa: TID251 - the one place where the wall clock is read
