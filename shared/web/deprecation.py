"""Deprecation (RFC 9745) and Sunset (RFC 8594) of routes and of event versions.

A route is deprecated where it is declared, below its decorator: `@deprecated(Deprecation(since=…, sunset=…))`. An event
version is deprecated by `Event.deprecations`. Both are refused at the start when the notice is under twelve months.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any, TypeVar

from shared.kernel.decider import Decider
from shared.kernel.deprecation import Deprecation

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "__deprecation__"
Headers = list[tuple[bytes, bytes]]


def deprecated(deprecation: Deprecation) -> Callable[[F], F]:
    """Mark the function of a route; the route's answers and its description then tell it."""

    def mark(endpoint: F) -> F:
        setattr(endpoint, _MARK, deprecation)
        return endpoint

    return mark


def deprecation_of(endpoint: object) -> Deprecation | None:
    """Return what `deprecated` has declared."""
    found: Deprecation | None = getattr(endpoint, _MARK, None)
    return found


def headers_of(deprecation: Deprecation) -> Headers:
    """Return the headers of every answer of a deprecated route."""
    headers = [
        (b"deprecation", f"@{int(_midnight(deprecation.since).timestamp())}".encode()),
        (b"sunset", format_datetime(_midnight(deprecation.sunset), usegmt=True).encode()),
    ]
    if deprecation.successor:
        headers.append((b"link", f'<{deprecation.successor}>; rel="successor-version"'.encode()))
    return headers


def event_notices(event_types: str, aggregates: Sequence[Decider[Any]]) -> Headers:
    """Return the headers of the feeds: where to read of it, if some version of some event is deprecated."""
    if any(event.deprecations for decider in aggregates for event in decider.codec.types.values()):
        return [(b"link", f'<{event_types}>; rel="deprecation"'.encode())]
    return []


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
