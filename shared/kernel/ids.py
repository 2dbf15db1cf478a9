"""The only maker of ids: UUIDv7 (RFC 9562), used for identity and never for order."""

from collections.abc import Callable
from uuid import UUID

from uuid_utils.compat import uuid7

NewId = Callable[[], UUID]


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()
