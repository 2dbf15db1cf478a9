"""The development issuer: one key per data directory, and only where nobody real is at risk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from shared.authz.caller import Caller
from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.tokens import InvalidToken, TokenVerifier
from shared.keyring.private_file import PrivateFileRefused

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PARTY = UUID("0190b6f0-0000-7000-8000-000000000001")


def verifier(issuer: DevelopmentIssuer, now: datetime = NOW) -> TokenVerifier:
    return TokenVerifier(issuer.trusted(), lambda: now)


def test_a_token_names_what_was_asked_for(directory: Path) -> None:
    issuer = DevelopmentIssuer(directory, lambda: NOW)
    token = issuer.token(
        roles={"trial_office", "archivist"},
        subject="o-17",
        jurisdictions=["331123"],
        organisation="unit-3",
        party=PARTY,
        minutes=5,
    )
    caller = verifier(issuer).verify(token)
    assert caller == Caller(
        DEVELOPMENT_ISSUER, "o-17", frozenset({"trial_office", "archivist"}), "unit-3", ("331123",), PARTY
    )
    assert verifier(issuer, NOW + timedelta(seconds=299)).verify(token) == caller
    with pytest.raises(InvalidToken, match="token-expired"):
        verifier(issuer, NOW + timedelta(minutes=5)).verify(token)


def test_the_key_belongs_to_the_directory(directory: Path, tmp_path: Path) -> None:
    token = DevelopmentIssuer(directory, lambda: NOW).token(roles=["archivist"], subject="o-1")
    assert verifier(DevelopmentIssuer(directory)).verify(token).subject == "o-1"
    with pytest.raises(InvalidToken, match="token-invalid"):
        verifier(DevelopmentIssuer(tmp_path / "elsewhere")).verify(token)


def test_the_key_file_is_for_its_owner_alone(directory: Path) -> None:
    DevelopmentIssuer(directory)
    [file] = directory.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(PrivateFileRefused):
        DevelopmentIssuer(directory)


def test_the_published_keys_hold_no_private_part(directory: Path) -> None:
    keys = DevelopmentIssuer(directory).keys()
    assert not any(key.is_private for key in keys)
    assert "d" not in keys.as_dict()["keys"][0]
