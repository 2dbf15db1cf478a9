"""One command as it arrives over HTTP, read in one place for all routes."""

import re
from dataclasses import dataclass
from hmac import digest
from typing import Annotated, Any

from fastapi import Depends, Header
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.policy_engine import Decision, policies
from shared.eventstore.transact import Cause
from shared.kernel.metadata import Policy
from shared.web.authentication import Guard, Parameter
from shared.web.problems import Problem, Wrong
from shared.web.resources import Resources, resources
from shared.web.tracing import traceparent
from shared.web.validation import INVALID

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_ETAG = re.compile(r'(?:W/)?"v(0|[1-9][0-9]{0,17})(?:-[0-9a-f]{24})?"')
_BOOLEAN = TypeAdapter(bool)


def _header(name: str, description: str) -> Parameter:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


_PARAMETERS = (
    {
        "name": "dry_run",
        "in": "query",
        "description": "Answer the events that would be written, write nothing.",
        "schema": {"type": "boolean", "default": False},
    },
    _header("Idempotency-Key", "Required; at most 255 characters."),
    _header("If-Match", 'ETag of your read, like "v3".'),
)
"""What a command reads of its request beside path and body; read by hand, so that each lack has its own problem."""


@dataclass(frozen=True)
class Call:
    """A command's request, without its content.

    `scope` (of caller, method and path), `idempotency_key` (of scope and what the client sent) and `digest` (of method,
    path, query and body) are keyed digests: they identify it for idempotency without telling anything. `if_match` is
    the version the caller has read.
    """

    access: Access
    idempotency_key: str
    method: str
    path: str
    scope: str
    digest: bytes
    if_match: int | None
    dry_run: bool
    traceparent: str | None

    @property
    def caller(self) -> Caller:
        """Who commands."""
        return self.access.caller

    def cause(self, decision: Decision) -> Cause:
        """Return who and what causes the events, and which policies permitted it, for their metadata."""
        return Cause(
            actor=self.caller.actor(),
            correlation=self.access.trace_id,
            purpose=self.access.purpose,
            policy=Policy(ids=decision.policies, digest=policies().digest),
            traceparent=self.traceparent,
        )


def commanded(action: str | None = None) -> Any:
    """Declare a command: `call: Annotated[Call, commanded()]`; the action is the operation's id unless given."""
    return Depends(Guard(action, _call, _PARAMETERS, commands=True))


async def _call(request: Request) -> Call:
    dry_run, key = _dry_run(request), _idempotency_key(request)
    held, access, path = resources(request), request.state.access, request.scope["path"]
    scope = _scope(held, access.caller, request.method, path)
    return Call(
        access=access,
        idempotency_key=_identifying(held, "idempotency-key", scope, key),
        method=request.method,
        path=path,
        scope=scope,
        digest=await _digest(held, request, path),
        if_match=_if_match(request),
        dry_run=dry_run,
        traceparent=traceparent(request.headers),
    )


def _dry_run(request: Request) -> bool:
    text = request.query_params.get("dry_run") if request.scope["query_string"] else None
    try:
        return text is not None and _BOOLEAN.validate_python(text)
    except ValidationError:
        raise Problem("query-parameter-invalid", errors=[Wrong("?dry_run", *INVALID)]) from None


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


def _scope(held: Resources, caller: Caller, method: str, path: str) -> str:
    return _identifying(held, "idempotency-scope", caller.issuer, caller.subject, method, path)


def _identifying(held: Resources, purpose: str, *parts: str) -> str:
    return digest(held.key(purpose), _framed(*(part.encode() for part in parts)), "sha256").hex()


async def _digest(held: Resources, request: Request, path: str) -> bytes:
    query = sorted(request.query_params.multi_items()) if request.scope["query_string"] else ()
    text = "&".join(f"{name}={value}" for name, value in query)
    parts = (request.method.encode(), path.encode(), text.encode(), await request.body())
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
