"""The issuers of access tokens that an installation trusts, read from a YAML file (docs/tokens.md), strictly."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from joserfc.jwk import KeySet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.authz.claims import ClaimsMapping
from shared.authz.configuration import ConfigurationRefused, read_configuration
from shared.authz.jwks import KeysRefused, Pace, PublishedKeys, usable_keys
from shared.authz.tokens import ALGORITHMS, AUDIENCE, SKEW_SECONDS, TOKEN_TYPES, TrustedIssuer

OWN = "urn:rongcuo:"
"""What the names of our own issuers begin with; no other may be called so."""
_PSEUDONYM_KEY_BYTES = 32


def _name(given: str) -> str:
    if given.startswith(OWN):
        raise ValueError(f"names beginning with {OWN} are ours")
    return given


def _address(given: str) -> str:
    parts = urlsplit(given)
    if not parts.hostname or parts.username or parts.fragment or not (parts.scheme == "https" or _is_here(given)):
        raise ValueError("must be an https address; http only on a loopback address")
    return given


def _is_here(address: str) -> bool:
    parts = urlsplit(address)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _algorithm(given: str) -> str:
    if given not in ALGORITHMS:
        raise ValueError(f"must be one of {', '.join(sorted(ALGORITHMS))}")
    return given


Name = Annotated[str, Field(min_length=1, max_length=512), AfterValidator(_name)]
Address = Annotated[str, Field(max_length=2048), AfterValidator(_address)]
Algorithm = Annotated[str, AfterValidator(_algorithm)]
Word = Annotated[str, Field(min_length=1, max_length=256)]


class Issuer(BaseModel):
    """One issuer. Its keys are published at `jwks_uri`, or stand in `keys_file` (a JWK set) for as long as we run.

    Files are named from the directory of the file that names them. `pseudonym_key_file` holds 64 hexadecimal digits.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    issuer: Name
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)]
    audiences: Annotated[tuple[Word, ...], Field(min_length=1)] = (AUDIENCE,)
    types: Annotated[tuple[Word, ...], Field(min_length=1)] = TOKEN_TYPES
    jwks_uri: Address | None = None
    ca_file: Path | None = None
    keys_file: Path | None = None
    refresh_s: float = Field(default=Pace.refresh_s, ge=30, le=86_400)
    keep_s: float = Field(default=Pace.keep_s, ge=300, le=7 * 86_400)
    skew_s: int = Field(default=SKEW_SECONDS, ge=0, le=SKEW_SECONDS)
    pseudonym_key_file: Path | None = None
    claims: ClaimsMapping = ClaimsMapping()

    @model_validator(mode="after")
    def _keys_are_somewhere(self) -> Self:
        if (self.jwks_uri is None) == (self.keys_file is None):
            raise ValueError("either jwks_uri or keys_file is needed")
        if self.ca_file is not None and self.jwks_uri is None:
            raise ValueError("ca_file has no meaning without jwks_uri")
        return self

    def trusted(self, directory: Path) -> TrustedIssuer:
        """Return what a verifier needs; raises OSError, ValueError, KeysRefused for a file that is no such file."""
        published = None
        if self.jwks_uri is not None:
            pace = Pace(refresh_s=self.refresh_s, keep_s=self.keep_s)
            ca_file = None if self.ca_file is None else directory / self.ca_file
            published = PublishedKeys(self.jwks_uri, frozenset(self.algorithms), pace, ca_file=ca_file)
        return TrustedIssuer(
            keys=self._of_file(directory) if published is None else published.keys,
            algorithms=frozenset(self.algorithms),
            pseudonym_key=self._pseudonym_key(directory),
            audiences=frozenset(self.audiences),
            types=frozenset(self.types),
            skew_s=self.skew_s,
            claims=self.claims,
            published=published,
        )

    def _of_file(self, directory: Path) -> KeySet:
        content = (directory / self.keys_file).read_bytes() if self.keys_file else b""
        return KeySet(usable_keys(content, frozenset(self.algorithms)))

    def _pseudonym_key(self, directory: Path) -> bytes | None:
        if self.pseudonym_key_file is None:
            return None
        try:
            key = bytes.fromhex((directory / self.pseudonym_key_file).read_text())
        except ValueError:  # it would show what it could not read
            key = b""
        if len(key) != _PSEUDONYM_KEY_BYTES:
            raise ValueError(f"{self.pseudonym_key_file}: must hold 64 hexadecimal digits (32 bytes)")
        return key


class Issuers(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    issuers: Annotated[tuple[Issuer, ...], Field(max_length=32)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.issuer for each in self.issuers}) != len(self.issuers):
            raise ValueError("an issuer stands twice")
        return self


def load_issuers(file: Path) -> dict[str, TrustedIssuer]:
    """Return the issuers of `file` by name; raises ConfigurationRefused for the first thing that is not right."""
    return {each.issuer: _trusted(file, each) for each in read_configuration(file, Issuers).issuers}


def told_apart(issuers: Mapping[str, TrustedIssuer]) -> Mapping[str, TrustedIssuer]:
    """Return `issuers`; raises ConfigurationRefused when two of them could call two people alike.

    Grants, recusals and approvals name a person by his subject alone. Under a pseudonym key no other issuer has it.
    """
    bare = sorted(name for name, issuer in issuers.items() if issuer.pseudonym_key is None)
    if len(bare) > 1:
        raise ConfigurationRefused(f"{', '.join(bare)}: only one issuer of people may be without pseudonym_key_file")
    return issuers


def _trusted(file: Path, issuer: Issuer) -> TrustedIssuer:
    try:
        return issuer.trusted(file.parent)
    except (OSError, ValueError, KeysRefused) as error:
        raise ConfigurationRefused(f"{file}: {issuer.issuer}: {error}") from None
