"""A Keycloak with the realm of deploy/keycloak, a person and a system in it, and the services that trust it."""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from rongcuo.platform import application
from shared.authz.issuers import load_issuers
from shared.authz.tokens import TokenVerifier
from shared.database.databases import Databases
from shared.hosting.installation import Installation
from shared.keyring.key_service import FileKeyService
from shared.rules.loader import load_rulebook
from shared.settings import Settings
from tests.support.keycloak import Keycloak, keycloak
from tests.support.servers import roomy_directory

REALM = Path(__file__).parents[2] / "deploy" / "keycloak" / "realm.json"
PARTY = "0190b6f0-0000-7000-8000-000000000001"
PASSWORD = secrets.token_urlsafe(16)
SERVICES = "http://services.example"
ISSUERS = """
issuers:
  - issuer: {realm}
    jwks_uri: {realm}/protocol/openid-connect/certs
    algorithms: [ES256, RS256]
    claims:
      roles: realm_access.roles
"""


@dataclass(frozen=True)
class Provider:
    """The running Keycloak, our realm's address, and the key with which the system proves itself."""

    keycloak: Keycloak
    realm: str
    key: ECKey


@dataclass(frozen=True)
class Trusting:
    """The services, and what they believe."""

    http: httpx.AsyncClient
    verifier: TokenVerifier

    async def get(self, path: str, token: str) -> httpx.Response:
        """Ask as whoever has the token."""
        return await self.http.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    key = ECKey.generate_key("P-256")
    key.ensure_kid()
    with roomy_directory() as place, keycloak(place, peopled_realm(key)) as running:
        yield Provider(running, f"{running.url}/realms/rongcuo", key)


@pytest.fixture
async def trusting(provider: Provider, databases: Databases, tmp_path: Path) -> AsyncIterator[Trusting]:
    async with services(provider, databases, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def services(provider: Provider, databases: Databases, place: Path) -> AsyncIterator[Trusting]:
    """Open the four services, which trust the realm as its file of issuers says."""
    (place / "issuers.yaml").write_text(ISSUERS.format(realm=provider.realm))
    verifier = TokenVerifier(load_issuers(place / "issuers.yaml"))
    installation = Installation(
        settings=Settings(data=place),
        given=databases,
        verifier=verifier,
        key_service=FileKeyService.at(place / "kek"),
        rulebook=load_rulebook(),
        secret=secrets.token_bytes(32),
    )
    app = application(installation, ["intake", "adjudication", "archive", "notification"], [])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=SERVICES) as http:
        yield Trusting(http, verifier)


def peopled_realm(key: ECKey) -> dict[str, Any]:
    """Return the published realm with a person, and with the public key and the rights of a system."""
    realm: dict[str, Any] = json.loads(REALM.read_text())
    (system,) = [client for client in realm["clients"] if client["clientId"] == "rongcuo-system"]
    system["attributes"]["jwks.string"] = json.dumps({"keys": [key.as_dict(private=False, use="sig", alg="ES256")]})
    realm["users"] = [
        {
            "username": "officer-17",
            "enabled": True,
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
            "realmRoles": ["handling_office"],
            "attributes": {"organisation": ["unit-3"], "jurisdictions": ["331123", "331100*"], "party": [PARTY]},
        },
        {
            "username": "service-account-rongcuo-system",
            "enabled": True,
            "serviceAccountClientId": "rongcuo-system",
            "realmRoles": ["inspection_team"],
            "attributes": {"organisation": ["unit-9"], "jurisdictions": ["331123"]},
        },
    ]
    return realm
