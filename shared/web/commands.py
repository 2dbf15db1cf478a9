"""One command as it arrives over HTTP, read in one place for all routes."""

import re
from dataclasses import dataclass
from hmac import digest
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query
from starlette.requests import Request

from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.eventstore.transact import Cause
from shared.web.authentication import permitted
from shared.web.problems import Problem
from shared.web.resources import Resources, resources
from shared.web.tracing import traceparent

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_ETAG = re.compile(r'(?:W/)?"v(0|[1-9]\d{0,17})"')
_PURPOSE = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Call:
    """A command's request, without its content.

    `scope` (keyed digest of caller, method and path) and `digest` (keyed digest of method, path, query and body)
    identify it for idempotency without telling anything. `if_match` is the version the caller has read.
    """

    caller: Caller
    idempotency_key: str
    method: str
    path: str
    scope: str
    digest: bytes
    if_match: int | None
    dry_run: bool
    correlation: UUID
    traceparent: str | None
    purpose: str | None

    def cause(self) -> Cause:
        """Return who and what causes the events, for their metadata."""
        return Cause(
            actor=self.caller.actor(),
            correlation=self.correlation,
            purpose=self.purpose,
            traceparent=self.traceparent,
        )


def commanded(*roles: Role) -> Any:
    """Declare a command that needs one of `roles`: `call: Annotated[Call, commanded(Role.HANDLING_OFFICE)]`."""
    caller_with_role = permitted(*roles)

    async def call(
        request: Request,
        caller: Annotated[Caller, caller_with_role],
        dry_run: Annotated[bool, Query(description="Answer the events that would be written, write nothing.")] = False,
        _key: Annotated[
            str | None, Header(alias="Idempotency-Key", description="Required; at most 255 characters.")
        ] = None,
        _match: Annotated[str | None, Header(alias="If-Match", description='ETag of your read, like "v3".')] = None,
        _purpose: Annotated[str | None, Header(alias="Rongcuo-Purpose", description="Code of the purpose.")] = None,
    ) -> Call:
        key = _idempotency_key(request)
        held = resources(request)
        return Call(
            caller=caller,
            idempotency_key=key,
            method=request.method,
            path=request.url.path,
            scope=_scope(held, caller, request),
            digest=await _digest(held, request),
            if_match=_if_match(request),
            dry_run=dry_run,
            correlation=UUID(request.state.trace_id),
            traceparent=traceparent(request.headers),
            purpose=_purpose_code(request),
        )

    return Depends(call)


def _idempotency_key(request: Request) -> str:
    values = request.headers.getlist("idempotency-key")
    if not values:
        raise Problem("idempotency-key-missing")
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise Problem("idempotency-key-invalid")
    return values[0]


def _if_match(request: Request) -> int | None:
    values = request.headers.getlist("if-match")
    if not values:
        return None
    match = _ETAG.fullmatch(values[0].strip())
    if len(values) > 1 or match is None:
        raise Problem("if-match-invalid")
    return int(match[1])


def _purpose_code(request: Request) -> str | None:
    values = request.headers.getlist("rongcuo-purpose")
    if not values:
        return None
    if len(values) > 1 or not _PURPOSE.fullmatch(values[0]):
        raise Problem("header-invalid")
    return values[0]


def _scope(held: Resources, caller: Caller, request: Request) -> str:
    parts = (caller.issuer, caller.subject, request.method, request.url.path)
    return digest(held.key("idempotency-scope"), _framed(*(part.encode() for part in parts)), "sha256").hex()


async def _digest(held: Resources, request: Request) -> bytes:
    query = sorted(request.query_params.multi_items())
    text = "&".join(f"{name}={value}" for name, value in query)
    parts = (request.method.encode(), request.url.path.encode(), text.encode(), await request.body())
    return digest(held.key("idempotency-digest"), _framed(*parts), "sha256")


def _framed(*parts: bytes) -> bytes:
    """Join so that no two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


async def _if_match_of(
    request: Request,
    _match: Annotated[str | None, Header(alias="If-Match", description='ETag of your read, like "v3".')] = None,
) -> int | None:
    return _if_match(request)


IfMatch = Annotated[int | None, Depends(_if_match_of)]
"""The version of an If-Match header, for writes that are no commands (drafts); None without one."""
