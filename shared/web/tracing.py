"""Ids by which a request is followed: our own, and the caller's W3C trace context if it is well-formed."""

import re
from uuid import UUID

from starlette.datastructures import Headers

from shared.kernel.ids import new_id

REQUEST_ID = "x-request-id"
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def request_id(headers: Headers) -> UUID:
    """Return the caller's X-Request-Id if it is one UUID, else a fresh one."""
    values = headers.getlist(REQUEST_ID)
    if len(values) == 1 and _UUID.fullmatch(values[0]):
        return UUID(values[0])
    return new_id()


def traceparent(headers: Headers) -> str | None:
    """Return the caller's `traceparent` if there is exactly one and it is well-formed (version 00)."""
    values = headers.getlist("traceparent")
    return values[0] if len(values) == 1 and _TRACEPARENT.fullmatch(values[0]) else None
