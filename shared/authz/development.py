"""An issuer of access tokens for demos, tests and trials; an installation with real people must not trust it."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.authz.tokens import AUDIENCE, TOKEN_TYPE, TrustedIssuer
from shared.kernel.clock import Clock, utc_now
from shared.kernel.ids import new_id
from shared.keyring.private_file import read_or_make

DEVELOPMENT_ISSUER = "urn:rongcuo:development"
_ALGORITHM = "ES256"


class DevelopmentIssuer:
    """Issues tokens under an ES256 key: a PEM, or that of a directory (`development-issuer.pem`, made on first use)."""

    def __init__(self, key: Path | bytes, clock: Clock = utc_now) -> None:
        self._key = ECKey.import_key(_of_directory(key) if isinstance(key, Path) else key)
        self._key.ensure_kid()
        self._clock = clock

    def keys(self) -> KeySet:
        """Return the public key, as a key set."""
        return KeySet.import_key_set(KeySet([self._key]).as_dict(private=False))

    def trusted(self) -> dict[str, TrustedIssuer]:
        """Return what a TokenVerifier needs in order to trust this issuer; its `sub` is a pseudonym already."""
        return {DEVELOPMENT_ISSUER: TrustedIssuer(self.keys(), frozenset({_ALGORITHM}))}

    def token(
        self,
        *,
        roles: Iterable[str],
        subject: str,
        jurisdictions: Iterable[str] = (),
        organisation: str | None = None,
        party: UUID | None = None,
        minutes: float = 60,
    ) -> str:
        """Return an access token for a caller who is known by `subject`, valid for `minutes` from now."""
        now = self._clock()
        claims = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=minutes)).timestamp()),
            "jti": str(new_id()),
            "roles": sorted(roles),
            "jurisdictions": list(jurisdictions),
            "organisation": organisation,
            "party": None if party is None else str(party),
        }
        header = {"alg": _ALGORITHM, "kid": self._key.kid, "typ": TOKEN_TYPE}
        return jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])


def _of_directory(directory: Path) -> bytes:
    return read_or_make(directory / "development-issuer.pem", lambda: ECKey.generate_key("P-256").as_pem(True))
