"""Checks access tokens (JWT after RFC 9068) of the trusted issuers; never repeats any part of a token to anybody."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Annotated, Literal
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OctKey
from joserfc.jws import JWSRegistry, extract_compact, validate_compact
from joserfc.registry import HeaderParameter
from pydantic import BaseModel, ConfigDict, Field

from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.kernel.clock import Clock, utc_now

AUDIENCE = "rongcuo"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type
MAX_TOKEN_BYTES = 16 * 1024
SKEW_SECONDS = 60
REMEMBERED = 10_000
"""How many tokens, at most, a process need not check anew when they come again."""
ALGORITHMS = frozenset({"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "Ed25519"})
_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_MALFORMED = (JoseError, ValueError, TypeError, RecursionError)

Text = Annotated[str, Field(pattern=r"^[^\p{C}\p{Z}][^\p{C}\p{Zl}\p{Zp}]{0,127}$")]
JurisdictionCode = Annotated[str, Field(pattern=r"^[0-9]{6}$")]


def _is_token_type(value: object) -> None:
    if value != TOKEN_TYPE:
        raise ValueError("must be at+jwt")


# All header members that a token may have: `jwk`, `jku`, `x5u`, `x5c`, `crit` and `b64` are not among them.
_HEADER = {
    "alg": HeaderParameter("Algorithm", "str", required=True),
    "kid": HeaderParameter("Key ID", "str", required=True),
    "typ": HeaderParameter("Type", _is_token_type, required=True),
    "x5t": HeaderParameter("X.509 Certificate SHA-1 Thumbprint", "str"),
    "x5t#S256": HeaderParameter("X.509 Certificate SHA-256 Thumbprint", "str"),
}


def _registry(algorithms: frozenset[str]) -> JWSRegistry:
    registry = JWSRegistry(algorithms=algorithms)
    registry.header_registry = dict(_HEADER)
    return registry


class InvalidToken(Exception):
    """The request is not authenticated. `code` is all that anybody is told about the reason."""

    def __init__(self, code: Literal["token-invalid", "token-expired"]) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class TrustedIssuer:
    """An issuer's public keys and the algorithms it may use.

    `pseudonym_key` (32 bytes) is needed unless the issuer's `sub` is a pseudonym already: callers are then known by
    HMAC-SHA256(pseudonym_key, issuer ‖ 0x00 ‖ sub), 32 hexadecimal digits. Raises ValueError for a symmetric key or
    algorithm, because whoever can check such a token can make one.
    """

    keys: KeySet
    algorithms: frozenset[str]
    pseudonym_key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.algorithms or self.algorithms - ALGORITHMS:
            raise ValueError(f"an issuer's algorithms are one or more of {sorted(ALGORITHMS)}")
        if any(isinstance(key, OctKey) for key in self.keys):
            raise ValueError("an issuer's keys are public keys")

    def pseudonym(self, issuer: str, sub: str) -> str:
        """Return the id under which the caller `sub` of this issuer is known here."""
        if self.pseudonym_key is None:
            return sub
        return digest(self.pseudonym_key, f"{issuer}\0{sub}".encode(), "sha256").hex()[:32]


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a token says whose signature has held under one of `keys`; its times are judged whenever it is presented."""

    caller: Caller
    keys: tuple[Key, ...]
    begins: int
    ends: int


class TokenVerifier:
    """Turns an access token into a Caller. It fetches nothing: neither keys nor addresses come from a token.

    A token that has held is known again by its SHA-256, as long as its issuer has the same keys: what it says cannot
    change, but a key that is withdrawn counts for nothing from the next request on.
    """

    def __init__(self, issuers: Mapping[str, TrustedIssuer], clock: Clock = utc_now) -> None:
        """Trust `issuers` by the name in their tokens' `iss`. `clock` is the wall clock, never a sandbox's."""
        self._issuers = dict(issuers)
        self._registries = {name: _registry(issuer.algorithms) for name, issuer in issuers.items()}
        self._clock = clock
        self._remembered: OrderedDict[bytes, _Verified] = OrderedDict()

    def verify(self, token: str) -> Caller:
        """Return who presents `token`; raises InvalidToken."""
        # Suppressed, not chained: the library's messages quote the token.
        with suppress(*_MALFORMED):
            if len(token) > MAX_TOKEN_BYTES:
                raise ValueError("too long")
            name = sha256(token.encode()).digest()
            verified = self._known(name) or self._authentic(token)
            now = self._clock().timestamp()
            if verified.ends <= now:
                self._remembered.pop(name, None)
                raise InvalidToken("token-expired")
            if verified.begins > now + SKEW_SECONDS:
                raise ValueError("from the future")
            self._remember(name, verified)
            return verified.caller
        raise InvalidToken("token-invalid")

    def _known(self, name: bytes) -> _Verified | None:
        """Return what is remembered, if the issuer's keys are what they were."""
        verified = self._remembered.get(name)
        if verified is None or verified.keys != tuple(self._issuers[verified.caller.issuer].keys):
            return None
        return verified

    def _remember(self, name: bytes, verified: _Verified) -> None:
        self._remembered[name] = verified
        self._remembered.move_to_end(name)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)

    def _authentic(self, token: str) -> _Verified:
        """Return what `token` says once its issuer's signature over it holds."""
        if not _COMPACT.fullmatch(token):
            raise ValueError("not a compact token")
        signed = extract_compact(token.encode())
        if not isinstance(signed.protected, dict):
            raise ValueError("header is not an object")
        claims = _Claims.model_validate_json(signed.payload)
        issuer = self._issuers.get(claims.iss)
        if issuer is None or not validate_compact(signed, issuer.keys, registry=self._registries[claims.iss]):
            raise ValueError("not signed by a trusted issuer")
        if AUDIENCE not in ((claims.aud,) if isinstance(claims.aud, str) else claims.aud):
            raise ValueError("for another audience")
        caller = Caller(
            issuer=claims.iss,
            subject=issuer.pseudonym(claims.iss, claims.sub),
            roles=frozenset(role.value for role in claims.roles),
            organisation=claims.organisation,
            jurisdictions=claims.jurisdictions,
            party=claims.party,
        )
        return _Verified(caller, tuple(issuer.keys), max(claims.nbf, claims.iat), claims.exp)


class _Claims(BaseModel):
    """The claims that count; others are ignored (RFC 7519 §4)."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    iss: str
    aud: str | tuple[str, ...]
    sub: Text
    exp: int
    nbf: int = 0
    iat: int = 0
    roles: frozenset[Role]
    jurisdictions: tuple[JurisdictionCode, ...] = Field(default=(), max_length=64)
    organisation: Text | None = None
    party: UUID | None = None
