"""Whom an installation believes: its file of issuers, else that of its secrets, and our own issuer only in trials."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, KeySet

from rongcuo.embedded.data import DataDirectory
from rongcuo.installations import connected
from rongcuo.secrets import Secrets
from shared.authz.configuration import ConfigurationRefused
from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.signed_requests import SignatureVerifier
from shared.authz.tokens import InvalidToken
from shared.keyring.private_file import PrivateFileRefused
from shared.settings import Settings

ISSUERS = "issuers: [{{issuer: {name}, algorithms: [ES256], keys_file: keys.json}}]"
SYSTEMS = "systems: [{{app_id: province-01, secrets: [{secret}], roles: [audit], services: [intake]}}]"
DSN = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def place(tmp_path: Path, key: ECKey) -> Path:
    (tmp_path / "secrets").mkdir()
    for directory in (tmp_path, tmp_path / "secrets"):
        (directory / "keys.json").write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    return tmp_path


def believed(place: Path, **given: object) -> set[str]:
    settings = Settings(data=place / "data", secrets=place / "secrets").model_copy(update=given)
    return set(Secrets(settings, DataDirectory(place / "data")).trusted(development=False))


def test_a_file_of_the_secrets_is_taken_and_one_that_is_named_wins(place: Path) -> None:
    assert believed(place) == set()
    (place / "secrets" / "issuers.yaml").write_text(ISSUERS.format(name="https://kept.example"))
    (place / "named.yaml").write_text(ISSUERS.format(name="https://named.example"))
    assert believed(place) == {"https://kept.example"}
    assert believed(place, issuers_file=place / "named.yaml") == {"https://named.example"}
    (place / "named.yaml").write_text("issuers: none")
    with pytest.raises(ConfigurationRefused, match="named"):
        believed(place, issuers_file=place / "named.yaml")


@pytest.mark.parametrize(
    ("keyed", "development", "bare"),
    [
        ((False, False), False, "https://0.example, https://1.example"),
        ((False,), True, "https://0.example, urn:rongcuo:development"),
        ((True, False), True, "https://1.example, urn:rongcuo:development"),
        ((False,), False, None),
        ((True, False), False, None),
        ((True, True), True, None),
    ],
)
def test_two_issuers_name_no_two_people_alike(
    place: Path, keyed: tuple[bool, ...], development: bool, bare: str | None
) -> None:
    (place / "pseudonyms").write_text("ab" * 32)
    common = {"algorithms": ["ES256"], "keys_file": "keys.json"}
    issuers = [
        common | {"issuer": f"https://{number}.example"} | ({"pseudonym_key_file": "pseudonyms"} if key else {})
        for number, key in enumerate(keyed)
    ]
    (place / "named.yaml").write_text(json.dumps({"issuers": issuers}))
    data = DataDirectory(place / "data")
    data.secrets.mkdir(parents=True)
    secrets = Secrets(Settings(data=data.root, issuers_file=place / "named.yaml"), data)
    if bare is None:
        assert len(secrets.trusted(development=development)) == len(keyed) + development
        return
    with pytest.raises(ConfigurationRefused) as refused:
        secrets.trusted(development=development)
    assert str(refused.value) == f"{bare}: only one issuer of people may be without pseudonym_key_file"


def test_systems_that_others_may_read_are_refused_outside_the_secrets(place: Path) -> None:
    def signatures(**given: object) -> SignatureVerifier:
        settings = Settings(data=place / "data", secrets=place / "secrets").model_copy(update=given)
        return Secrets(settings, DataDirectory(place / "data")).signatures()

    for file, mode in ((place / "named.yaml", 0o600), (place / "secrets" / "systems.yaml", 0o440)):
        file.write_text(SYSTEMS.format(secret="某" * 32))
        file.chmod(mode)
    signatures()
    signatures(systems_file=place / "secrets" / "systems.yaml")
    signatures(systems_file=place / "named.yaml")
    for mode in (0o604, 0o640, 0o644):
        (place / "named.yaml").chmod(mode)
        with pytest.raises(PrivateFileRefused, match=r"named\.yaml: group or others") as refused:
            signatures(systems_file=place / "named.yaml")
        assert "某" not in str(refused.value)


def test_our_own_issuer_is_believed_in_a_sandbox_only(place: Path) -> None:
    issuer = DevelopmentIssuer(ECKey.generate_key("P-256").as_pem(private=True))
    pem = issuer._key.as_pem(private=True).decode()
    given = {"dsn": DSN, "role_secret": "r" * 64, "token_secret": "t" * 64, "kek": "0" * 64, "development_issuer": pem}
    token = issuer.token(roles=["archivist"], subject="somebody")
    for sandbox in (False, True):
        settings = Settings.model_validate({**given, "data": place / "data", "sandbox": sandbox})
        verifier = connected(settings).verifier
        if sandbox:
            assert verifier.verify(token).issuer == DEVELOPMENT_ISSUER
        else:
            with pytest.raises(InvalidToken):
                verifier.verify(token)
