"""Who sends a request: found out from an access token or a signature, and refused when his access is withdrawn."""

import re
from base64 import urlsafe_b64encode

from starlette.requests import Request

from shared.authz.caller import Caller
from shared.authz.nonces import Nonces
from shared.authz.signed_requests import InvalidSignature, SignatureVerifier, SignedRequest, System
from shared.authz.tokens import InvalidToken, UnknownKey
from shared.web.problems import Problem
from shared.web.resources import Resources, resources

_BEARER = 'Bearer realm="rongcuo"'
_SIGNED = 'HMAC-SM3 realm="rongcuo"'
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{43}")


async def identified(request: Request) -> tuple[Caller, Problem | None]:
    """Return who sends `request`, and why he is refused all the same: so that his attempt can be put on record.

    This is `role-not-permitted` for a system that may not use this service, or `access-withdrawn`. Raises Problem:
    `token-missing`, `token-invalid`, `token-expired`; `signature-invalid`, `timestamp-stale`, `nonce-replayed` and what
    the body's size raises.
    """
    held, headers = resources(request), request.headers
    if held.signatures is not None and "authorization" not in headers and "x-app-id" in headers:
        system = await _signer(request, held, held.signatures)
        if held.log.name not in system.services:
            return system.caller, Problem("role-not-permitted")
        caller = system.caller
    else:
        caller = await _bearer(request, held)
    withdrawn = held.standing is not None and await held.standing.is_withdrawn(caller)
    return caller, Problem("access-withdrawn") if withdrawn else None


async def caller_of(request: Request) -> Caller:
    """Return who sends `request`; raises Problem also for why he is refused (`identified`)."""
    caller, refusal = await identified(request)
    if refusal is not None:
        raise refusal
    return caller


async def _bearer(request: Request, held: Resources) -> Caller:
    values = request.headers.getlist("authorization")
    if not values:
        raise Problem("token-missing", headers={"WWW-Authenticate": _BEARER})
    scheme, _, token = values[0].partition(" ")
    certificate = _thumbprint(request, held.certificate_header)
    try:
        if len(values) > 1 or scheme.lower() != "bearer":
            raise InvalidToken("token-invalid")
        try:
            return held.verifier.verify(token.strip(), certificate)
        except UnknownKey as unknown:
            if not await held.verifier.learn(unknown):
                raise
            return held.verifier.verify(token.strip(), certificate)
    except InvalidToken as invalid:
        challenge = f'{_BEARER}, error="invalid_token"'
        raise Problem(invalid.code, headers={"WWW-Authenticate": challenge}) from None


def _thumbprint(request: Request, header: str | None) -> str | None:
    """Return the SHA-256 of the client certificate that the entrance has checked; hexadecimal becomes base64url."""
    values = [] if header is None else request.headers.getlist(header)
    if len(values) != 1:
        return None
    text = values[0].replace(":", "")
    if _HEX.fullmatch(text):
        return urlsafe_b64encode(bytes.fromhex(text)).rstrip(b"=").decode()
    return text if _BASE64URL.fullmatch(text) else None


async def _signer(request: Request, held: Resources, signatures: SignatureVerifier) -> System:
    signed = SignedRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers={name: ",".join(request.headers.getlist(name)) for name in request.headers if name.startswith("x-")},
    )
    try:
        signatures.check_time(signed)  # before a byte of the body is read
        return await signatures.verify(signed, await request.body(), Nonces(held.log.pool).remember)
    except InvalidSignature as invalid:
        raise Problem(invalid.code, headers={"WWW-Authenticate": _SIGNED}) from None
