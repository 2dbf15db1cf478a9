"""The realm of deploy/keycloak is that of this tree: its roles, and what the tokens of its clients look like."""

import json
from pathlib import Path
from typing import Any

from shared.authz.claims import ClaimsMapping
from shared.authz.roles import Role
from shared.authz.tokens import AUDIENCE

REALM: dict[str, Any] = json.loads((Path(__file__).parents[2] / "deploy" / "keycloak" / "realm.json").read_text())
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
(SCOPE,) = REALM["clientScopes"]
MAPPERS = {mapper["name"]: mapper["config"] for mapper in SCOPE["protocolMappers"]}


def test_it_has_every_role_with_its_label_and_no_other() -> None:
    roles = {role["name"]: role["description"] for role in REALM["roles"]["realm"]}
    assert roles == {role.value: role.label for role in Role}


def test_nobody_has_a_role_by_default() -> None:
    assert REALM["defaultRole"]["composite"] is False
    assert "users" not in REALM


def test_its_tokens_say_what_is_needed_and_no_more() -> None:
    assert set(MAPPERS) == {"subject", "audience", "roles", "organisation", "jurisdictions", "party"}
    assert MAPPERS["audience"]["included.custom.audience"] == AUDIENCE
    assert MAPPERS["roles"]["claim.name"] == "realm_access.roles"
    for name in ("organisation", "jurisdictions", "party"):
        assert (MAPPERS[name]["claim.name"],) == getattr(ClaimsMapping(), name)
        assert MAPPERS[name]["multivalued"] == str(name == "jurisdictions").lower()
    for client in CLIENTS.values():
        assert client["attributes"]["access.token.header.type.rfc9068"] == "true"
        assert client["defaultClientScopes"] == [SCOPE["name"]]
        assert client["optionalClientScopes"] == []


def test_people_need_pkce_and_systems_a_key() -> None:
    people, system = CLIENTS["rongcuo-app"], CLIENTS["rongcuo-system"]
    assert people["publicClient"]
    assert people["attributes"]["pkce.code.challenge.method"] == "S256"
    assert system["clientAuthenticatorType"] == "client-jwt"
    assert system["serviceAccountsEnabled"]
    assert "secret" not in system
    for client in CLIENTS.values():
        assert not client["implicitFlowEnabled"]
        assert not client["directAccessGrantsEnabled"]


def test_only_an_administrator_says_where_somebody_acts() -> None:
    (profile,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    (written,) = profile["config"]["kc.user.profile.config"]
    attributes = {attribute["name"]: attribute for attribute in json.loads(written)["attributes"]}
    for name in ("organisation", "jurisdictions", "party"):
        assert attributes[name]["permissions"]["edit"] == ["admin"]
