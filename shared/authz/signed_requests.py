"""Requests that another system signs with a shared secret: HMAC-SM3 over what was sent (docs/signed-requests.md)."""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote

from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

from shared.authz.caller import Caller
from shared.kernel.clock import Clock, utc_now

SYSTEMS = "urn:rongcuo:systems"
"""The issuer under which systems are known that sign their requests; their subject is `system:` and their app id."""
WINDOW = timedelta(minutes=5)
"""How far the clock of a system may be from ours."""
_UNRESERVED = "-._~"
_BYTES = "surrogateescape"  # bytes that are no UTF-8 come back as they were (PEP 383)
_TIMESTAMP = re.compile(r"[1-9][0-9]{12}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=")
_NOBODYS_SECRET = bytes(32)

Remember = Callable[[str, str, datetime], Awaitable[bool]]
"""`remember(app_id, nonce, until)` stores a nonce durably; False when it was there before."""


class InvalidSignature(Exception):
    """The request is not authenticated. `code` is all that anybody is told about the reason."""

    def __init__(self, code: Literal["signature-invalid", "timestamp-stale", "nonce-replayed"]) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class System:
    """A system that may sign: as whom it acts, and in which services ("intake", …).

    It has one secret, or two while the one is being replaced by the other.
    """

    caller: Caller
    services: frozenset[str]
    secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class SignedRequest:
    """A request as it came in: path and query as they stood in the request line, headers by names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def app_id(self) -> str:
        """Who says to have signed it."""
        return self.headers.get("x-app-id", "")


def canonical_string(method: str, path: str, query: str, body: bytes, timestamp: str, nonce: str) -> str:
    """Return what is signed: six lines, each ending in a line feed but the last."""
    digest = Hash(SM3())
    digest.update(body)
    lines = (method.upper(), canonical_path(path), canonical_query(query), digest.finalize().hex(), timestamp, nonce)
    return "\n".join(lines)


def canonical_path(path: str) -> str:
    """Return the path with each segment decoded and encoded again in the one way of RFC 3986 §2.3 and §6.2.2."""
    return "/".join(_encoded(unquote(segment, errors=_BYTES)) for segment in path.split("/"))


def canonical_query(query: str) -> str:
    """Return the parameters `name=value`, encoded like the path, sorted by their bytes; a `+` is a space."""
    pairs = parse_qsl(query, keep_blank_values=True, errors=_BYTES)
    return "&".join("=".join(pair) for pair in sorted((_encoded(name), _encoded(value)) for name, value in pairs))


def _encoded(text: str) -> str:
    return quote(text, safe=_UNRESERVED, errors=_BYTES)


def sign(secret: bytes, text: str) -> bytes:
    """Return HMAC-SM3 (RFC 2104 over GB/T 32905) of `text`, 32 bytes."""
    mac = HMAC(secret, SM3())
    mac.update(text.encode())
    return mac.finalize()


class SignatureVerifier:
    """Turns a signed request into the system that signed it; one and the same request counts once."""

    def __init__(self, systems: Mapping[str, System], clock: Clock = utc_now) -> None:
        """Know `systems` by app id. `clock` is the wall clock, never a sandbox's."""
        self._systems = dict(systems)
        self._clock = clock

    def check_time(self, request: SignedRequest) -> None:
        """Refuse, before the body is read, what no body could make good; raises InvalidSignature."""
        headers = request.headers
        if not _TIMESTAMP.fullmatch(headers.get("x-timestamp", "")) or not _NONCE.fullmatch(headers.get("x-nonce", "")):
            raise InvalidSignature("signature-invalid")
        if abs(_time(request) - self._clock()) > WINDOW:
            raise InvalidSignature("timestamp-stale")

    async def verify(self, request: SignedRequest, body: bytes, remember: Remember) -> System:
        """Return who signed; raises InvalidSignature. The nonce is stored before this returns, by `remember`.

        An unknown system takes as long as a wrong signature, and looks like one.
        """
        self.check_time(request)
        system = self._systems.get(request.app_id)
        if not self._holds(request, body, system.secrets if system else (_NOBODYS_SECRET,)) or system is None:
            raise InvalidSignature("signature-invalid")
        if not await remember(request.app_id, request.headers["x-nonce"], _time(request) + WINDOW):
            raise InvalidSignature("nonce-replayed")
        return system

    def _holds(self, request: SignedRequest, body: bytes, secrets: tuple[bytes, ...]) -> bool:
        headers = request.headers
        given = headers.get("x-signature", "")
        if not _SIGNATURE.fullmatch(given):
            return False
        text = canonical_string(
            request.method, request.path, request.query, body, headers["x-timestamp"], headers["x-nonce"]
        )
        matches = [compare_digest(b64encode(sign(secret, text)).decode(), given) for secret in secrets]
        return any(matches)


def _time(request: SignedRequest) -> datetime:
    return datetime.fromtimestamp(int(request.headers["x-timestamp"]) / 1000, UTC)
