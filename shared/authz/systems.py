"""The systems that may sign their requests, read from a YAML file (docs/signed-requests.md), strictly."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from shared.authz.caller import SYSTEM, Caller
from shared.authz.claims import JurisdictionCode, Text
from shared.authz.configuration import read_configuration
from shared.authz.roles import Role
from shared.authz.signed_requests import SYSTEMS, System
from shared.database.databases import ServiceName

AppId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$")]
Secret = Annotated[SecretStr, Field(min_length=32, max_length=256)]


class Listed(BaseModel):
    """One system. `secrets` has one, or two while the old one is replaced; each is text of at least 32 characters."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    app_id: AppId
    secrets: Annotated[tuple[Secret, ...], Field(min_length=1, max_length=2)]
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    services: Annotated[frozenset[ServiceName], Field(min_length=1)]
    jurisdictions: Annotated[tuple[JurisdictionCode, ...], Field(max_length=64)] = ()
    organisation: Text | None = None

    def system(self) -> System:
        """Return what a verifier needs."""
        caller = Caller(
            issuer=SYSTEMS,
            subject=f"{SYSTEM}{self.app_id}",
            roles=frozenset(role.value for role in self.roles),
            organisation=self.organisation,
            jurisdictions=self.jurisdictions,
            party=None,
        )
        secrets = tuple(secret.get_secret_value().encode() for secret in self.secrets)
        return System(caller, frozenset(self.services), secrets)


class Systems(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    systems: Annotated[tuple[Listed, ...], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.app_id for each in self.systems}) != len(self.systems):
            raise ValueError("an app_id stands twice")
        return self


def load_systems(file: Path) -> dict[str, System]:
    """Return the systems of `file` by app id; raises ConfigurationRefused for the first thing that is not right."""
    return {each.app_id: each.system() for each in read_configuration(file, Systems).systems}
