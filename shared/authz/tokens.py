"""Checks access tokens (JWT after RFC 9068) of the trusted issuers; never repeats any part of a token to anybody."""

import json
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Literal

from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, OctKey
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from joserfc.registry import HeaderParameter

from shared.authz.caller import SYSTEM, Caller
from shared.authz.claims import ClaimsMapping
from shared.authz.jwks import PublishedKeys
from shared.kernel.clock import Clock, utc_now

AUDIENCE = "rongcuo"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type
TOKEN_TYPES = (TOKEN_TYPE, f"application/{TOKEN_TYPE}")
"""The two spellings of the type of an access token (RFC 9068 §4)."""
MAX_TOKEN_BYTES = 16 * 1024
SKEW_SECONDS = 60
REMEMBERED = 10_000
"""How many tokens, at most, a process need not check anew when they come again."""
ALGORITHMS = frozenset(
    {"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "Ed25519", "EdDSA"}
)
_ED25519 = copy(JWSRegistry.algorithms["Ed25519"])
_ED25519.name = "EdDSA"  # its name before RFC 9864; the library's own EdDSA would take keys of Ed448, too
_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_MALFORMED = (JoseError, ValueError, TypeError, RecursionError)


def _registry(issuer: "TrustedIssuer") -> JWSRegistry:
    """Return all header members that a token may have: `jwk`, `jku`, `x5u`, `x5c`, `crit`, `b64` are not among them."""

    def is_token_type(value: object) -> None:
        if value not in issuer.types:
            raise ValueError("of another type")

    registry = JWSRegistry(algorithms=issuer.algorithms)
    registry.algorithms = {**JWSRegistry.algorithms, _ED25519.name: _ED25519}
    registry.header_registry = {
        "alg": HeaderParameter("Algorithm", "str", required=True),
        "kid": HeaderParameter("Key ID", "str", required=True),
        "typ": HeaderParameter("Type", is_token_type, required=True),
        "x5t": HeaderParameter("X.509 Certificate SHA-1 Thumbprint", "str"),
        "x5t#S256": HeaderParameter("X.509 Certificate SHA-256 Thumbprint", "str"),
    }
    return registry


class InvalidToken(Exception):
    """The request is not authenticated. `code` is all that anybody is told about the reason."""

    def __init__(self, code: Literal["token-invalid", "token-expired"]) -> None:
        super().__init__(code)
        self.code = code


class UnknownKey(InvalidToken):
    """The token names a key that its issuer is not known to have; whoever asks the verifier to `learn` it may retry."""

    def __init__(self, issuer: str, kid: str) -> None:
        super().__init__("token-invalid")
        self.issuer, self.kid = issuer, kid


@dataclass(frozen=True)
class TrustedIssuer:
    """An issuer's public keys, the algorithms it may use, and what its tokens look like.

    `published` is where `keys` come from, when they are not a file's. `types` are the values of `typ` that its access
    tokens have, `skew_s` how far its clock may be ahead of ours. `pseudonym_key` (32 bytes) is needed unless the
    issuer's `sub` is a pseudonym already: callers are then known by HMAC-SHA256(pseudonym_key, issuer ‖ 0x00 ‖ sub),
    32 hexadecimal digits. Raises ValueError for a symmetric key or algorithm, because whoever can check such a token
    can make one.
    """

    keys: KeySet
    algorithms: frozenset[str]
    pseudonym_key: bytes | None = field(default=None, repr=False)
    audiences: frozenset[str] = frozenset({AUDIENCE})
    types: frozenset[str] = frozenset(TOKEN_TYPES)
    skew_s: int = SKEW_SECONDS
    claims: ClaimsMapping = field(default_factory=ClaimsMapping)
    published: PublishedKeys | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.skew_s <= SKEW_SECONDS:
            raise ValueError(f"an issuer's clock may differ by {SKEW_SECONDS} seconds at most")
        if not self.algorithms or self.algorithms - ALGORITHMS:
            raise ValueError(f"an issuer's algorithms are one or more of {sorted(ALGORITHMS)}")
        if any(isinstance(key, OctKey) for key in self.keys):
            raise ValueError("an issuer's keys are public keys")

    def pseudonym(self, issuer: str, sub: str) -> str:
        """Return the id under which the caller `sub` of this issuer is known here; raises ValueError for a system's."""
        if self.pseudonym_key is None:
            if sub.casefold().startswith(SYSTEM):
                raise ValueError("no person is called like a system")
            return sub
        return digest(self.pseudonym_key, f"{issuer}\0{sub}".encode(), "sha256").hex()[:32]


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a token says whose signature has held under one of `keys`; its times are judged whenever it is presented.

    `certificate` is the thumbprint of the client certificate that it is bound to.
    """

    caller: Caller
    keys: tuple[Key, ...]
    begins: int
    ends: int
    certificate: str | None


class TokenVerifier:
    """Turns an access token into a Caller. Neither keys nor addresses come from a token.

    A token that has held is known again by its SHA-256, as long as its issuer has the same keys: what it says cannot
    change, but a key that is withdrawn counts for nothing from the next request on.
    """

    def __init__(self, issuers: Mapping[str, TrustedIssuer], clock: Clock = utc_now) -> None:
        """Trust `issuers` by the name in their tokens' `iss`. `clock` is the wall clock, never a sandbox's."""
        self._issuers = dict(issuers)
        self._registries = {name: _registry(issuer) for name, issuer in issuers.items()}
        self._clock = clock
        self._remembered: OrderedDict[bytes, _Verified] = OrderedDict()

    @property
    def issuers(self) -> frozenset[str]:
        """The names of the trusted issuers."""
        return frozenset(self._issuers)

    @asynccontextmanager
    async def current(self) -> AsyncIterator[None]:
        """Keep published keys up to date while the context lasts; without it only those of files are known."""
        async with AsyncExitStack() as stack:
            for issuer in self._issuers.values():
                if issuer.published is not None:
                    await stack.enter_async_context(issuer.published.current())
            yield

    def verify(self, token: str, certificate: str | None = None) -> Caller:
        """Return who presents `token`; raises InvalidToken, and UnknownKey where `learn` may help.

        `certificate` is the thumbprint (SHA-256, base64url) of the certificate that the client has proven to hold: a
        token that is bound to one (RFC 8705) counts for nothing without it.
        """
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
            if verified.begins > now + self._issuers[verified.caller.issuer].skew_s:
                raise ValueError("from the future")
            if verified.certificate is not None and verified.certificate != certificate:
                raise ValueError("bound to another certificate")
            self._remember(name, verified)
            return verified.caller
        raise InvalidToken("token-invalid")

    async def learn(self, unknown: UnknownKey) -> bool:
        """Tell whether the issuer publishes the key by now; it is asked at most once in a while, whoever wants it."""
        published = self._issuers[unknown.issuer].published
        return published is not None and await published.seek(unknown.kid)

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
        header: object = signed.protected
        payload = json.loads(signed.payload)
        if not isinstance(header, dict) or not isinstance(payload, dict):
            raise ValueError("not an object")
        name = str(payload.get("iss"))
        issuer = self._issuers.get(name)
        if issuer is None or payload["iss"] != name or not self._is_signed(signed, name, issuer):
            raise ValueError("not signed by a trusted issuer")
        claims = issuer.claims.read(payload)
        if not claims.is_for(issuer.audiences):
            raise ValueError("for another audience")
        caller = Caller(
            issuer=name,
            subject=issuer.pseudonym(name, claims.subject),
            roles=issuer.claims.known(claims.roles),
            organisation=claims.organisation,
            jurisdictions=claims.jurisdictions,
            party=claims.party,
        )
        bound = None if claims.cnf is None else claims.cnf.certificate
        return _Verified(caller, tuple(issuer.keys), max(claims.nbf, claims.iat), claims.exp, bound)

    def _is_signed(self, signed: CompactSignature, name: str, issuer: TrustedIssuer) -> bool:
        """Tell whether the signature holds; raises UnknownKey for a header in order that names no key we know."""
        with suppress(InvalidKeyIdError):
            return validate_compact(signed, issuer.keys, registry=self._registries[name])
        raise UnknownKey(name, signed.protected["kid"])
