"""What is going to be taken away, and when: at least twelve months after it was said."""

from dataclasses import dataclass
from datetime import date


class TooSoon(ValueError):
    """Something would be taken away less than twelve months after it was declared deprecated."""


@dataclass(frozen=True)
class Deprecation:
    """Deprecated since the day `since` (RFC 9745), gone after the day `sunset` (RFC 8594); days are UTC.

    `successor` is the path of the operation, or the type of the event, that takes the place. Raises TooSoon, so that a
    build with a shorter notice does not start.
    """

    since: date
    sunset: date
    successor: str | None = None

    def __post_init__(self) -> None:
        if (self.sunset.year - self.since.year, self.sunset.month, self.sunset.day) < (
            1,
            self.since.month,
            self.since.day,
        ):
            raise TooSoon(f"{self.sunset} is less than twelve months after {self.since}")
