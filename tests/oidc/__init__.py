"""Tests against a real Keycloak; `make test-oidc` runs them, `make test` does not: the server needs half a minute."""
