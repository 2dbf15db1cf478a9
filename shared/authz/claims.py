"""What a token says of its caller: which claims count, and under which names an issuer keeps them."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.authz.roles import Role

Text = Annotated[str, Field(pattern=r"^[^\p{C}\p{Z}][^\p{C}\p{Zl}\p{Zp}]{0,127}$")]
"""The name of a person or of an organisation: 1 to 128 characters, none a control or format character."""
JurisdictionCode = Annotated[str, Field(pattern=r"^[0-9]{6}\*?$")]
"""A code of GB/T 2260: exactly that one or, with `*` behind it, with everything below it."""
Thumbprint = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""SHA-256 of a certificate's DER bytes, base64url without padding."""


def _steps(path: object) -> object:
    return tuple(path.split(".")) if isinstance(path, str) else tuple(path) if isinstance(path, list) else path


Path = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_steps), Field(min_length=1, max_length=8)
]
"""Where a claim stands: `realm_access.roles`, or the list of its steps when a name has a dot of its own."""


class Confirmation(BaseModel):
    """Whom alone the token serves (RFC 8705 §3.1): any other kind of proof cannot be checked here and is refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    certificate: Thumbprint = Field(alias="x5t#S256")


class Claims(BaseModel):
    """The claims that count, by our names; others are ignored (RFC 7519 §4)."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    aud: str | tuple[str, ...]
    exp: int
    nbf: int = 0
    iat: int = 0
    cnf: Confirmation | None = None
    subject: Text
    roles: frozenset[str]
    jurisdictions: tuple[JurisdictionCode, ...] = Field(default=(), max_length=64)
    organisation: Text | None = None
    party: UUID | None = None

    def is_for(self, audiences: frozenset[str]) -> bool:
        """Tell whether one of `audiences` is meant."""
        return not audiences.isdisjoint((self.aud,) if isinstance(self.aud, str) else self.aud)


_REGISTERED = ("aud", "exp", "nbf", "iat", "cnf")


class ClaimsMapping(BaseModel):
    """Where an issuer keeps what we need to know of a caller.

    A role's name is looked up in `role_names`; one that is not there is ours if it is a role id behind `role_prefix`.
    A name that is neither means nothing here and is ignored.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    subject: Path = ("sub",)
    roles: Path = ("roles",)
    jurisdictions: Path = ("jurisdictions",)
    organisation: Path = ("organisation",)
    party: Path = ("party",)
    role_prefix: str = ""
    role_names: Mapping[str, Role] = {}

    def read(self, payload: Mapping[str, Any]) -> Claims:
        """Return what `payload`, a JSON object, says by our names; raises ValueError (pydantic's) without any of it."""
        told = {name: payload[name] for name in _REGISTERED if name in payload}
        for name in ("subject", "roles", "jurisdictions", "organisation", "party"):
            if (value := _at(payload, getattr(self, name))) is not None:
                told[name] = value
        return Claims.model_validate_json(json.dumps(told))

    def known(self, names: frozenset[str]) -> frozenset[str]:
        """Return our ids of the roles that a token names so."""
        return frozenset(role.value for name in names if (role := self._role(name)))

    def _role(self, name: str) -> Role | None:
        if name in self.role_names:
            return self.role_names[name]
        if not name.startswith(self.role_prefix):
            return None
        return _ROLES.get(name.removeprefix(self.role_prefix))


_ROLES = {role.value: role for role in Role}


def _at(payload: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(payload, Mapping):
            return None
        payload = payload.get(step)
    return payload
