"""What a running application holds: opened at start-up, closed at the end, reached from a request."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hmac import digest
from typing import Any, TypeVar

from fastapi import Depends
from starlette.requests import Request

from shared.accesslog.recorder import Recorder
from shared.authz.signed_requests import SignatureVerifier
from shared.authz.standing import Standing
from shared.authz.tokens import TokenVerifier
from shared.eventstore.log import EventLog
from shared.kernel.purposes import PURPOSES
from shared.web.rate_limits import Budgets, RateLimits

T = TypeVar("T")
Check = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Resources:
    """The open resources of one service.

    `application` is the service's own object, which its routes get by `provided(<its class>)`. `secret` (≥ 32 bytes)
    is the root of all keys of the edge; every process of the service has the same. `recorder` writes the access records
    and is open while the application runs. `checks` make up /readyz. Without
    `signatures` no signed request is admitted, without `standing` nobody's access is ever withdrawn, and without
    `certificate_header` no client certificate is believed. `hsts_days` above 0 tells browsers to keep to HTTPS. An
    event stream ends after `stream_s`. `purposes` are the codes that a request may give as its purpose.
    """

    verifier: TokenVerifier
    log: EventLog
    application: object
    secret: bytes = field(repr=False)
    recorder: Recorder
    checks: Mapping[str, Check] = field(default_factory=dict)
    signatures: SignatureVerifier | None = None
    standing: Standing | None = None
    certificate_header: str | None = None
    rates: RateLimits = field(default_factory=lambda: RateLimits(Budgets()))
    hsts_days: int = 0
    stream_s: float = 300.0
    purposes: tuple[str, ...] = tuple(PURPOSES)
    _keys: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < 32:
            raise ValueError("the secret needs at least 32 bytes")

    def key(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose, for example `cursor`."""
        if purpose not in self._keys:
            self._keys[purpose] = derived_key(self.secret, purpose)
        return self._keys[purpose]


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return HMAC-SHA256(secret, purpose)."""
    return digest(secret, purpose.encode(), "sha256")


def resources(request: Request) -> Resources:
    """Return the resources of the application that serves `request`."""
    held: Resources = request.app.state.resources
    return held


def provided(kind: type[T]) -> Any:
    """Declare that a route needs the service's application: `intake: Annotated[Intake, provided(Intake)]`."""

    async def application(request: Request) -> T:
        held = resources(request).application
        if not isinstance(held, kind):
            raise TypeError(f"this application holds {type(held).__name__}, not {kind.__name__}")
        return held

    return Depends(application)
