"""Processes that are given their servers, their own DSNs and nothing else: no data directory, no administrator."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from joserfc.jwk import ECKey

from shared.authz.development import DevelopmentIssuer
from shared.database.databases import KEYRING, Databases
from shared.kernel.recorded import Recorded
from shared.keyring.key_service import FileKeyService
from shared.keyring.keyring import Keyring
from tests.story.processes import ROOT, Processes, clean_environment

NEWEST = max(path.name[:4] for path in (ROOT / "services/intake/migrations/versions").glob("[0-9]*.py"))
"""The revision of intake's newest migration, as its file is named."""
RECORD = Recorded(
    log="intake",
    position=41,
    stream="submission-0192b7c0-0000-7000-8000-000000000001",
    version=3,
    event_id=UUID("0192b7c0-0000-7000-8000-0000000000aa"),
    type="SubmissionAccepted",
    schema_version=2,
    payload=b"{}",
    metadata=b'{"log":"intake"}',
    recorded_at=datetime(2026, 11, 22, 5, 26, 4, tzinfo=UTC),
)
"""An event as it stands in a log that no test has."""


@dataclass
class Site:
    """`start` begins processes of one service, each with the DSN of that service and of the keyring."""

    place: Path
    databases: Databases
    groups: list[Processes] = field(default_factory=list)
    key: bytes = field(default_factory=lambda: ECKey.generate_key("P-256").as_pem(True), repr=False)

    def secrets(self, service: str, **instead: str) -> Path:
        """Write a secrets directory for processes of `service`."""
        given = {
            f"{service}_dsn": self.databases.dsn(service),
            "keyring_dsn": self.databases.dsn(KEYRING),
            "token_secret": "70" * 32,
            "kek": "6b" * 32,
            "development_issuer": self.key.decode(),
            **instead,
        }
        directory = self.place / f"secrets-{len(self.groups)}"
        directory.mkdir(mode=0o700)
        for name, text in given.items():
            (directory / f"rongcuo_{name}").write_text(f"{text}\n")
        return directory

    def processes(self, service: str, settings: dict[str, str] | None = None, **instead: str) -> Processes:
        """Return where processes of `service` are started; `settings` are variables without RONGCUO_."""
        variables = {
            "SECRETS": str(self.secrets(service, **instead)),
            "DATA": str(self.place / "none"),
            "SANDBOX": "1",
            "GRACE_S": "8",
            **(settings or {}),
        }
        logs = self.place / f"logs-{len(self.groups)}"
        logs.mkdir()
        environment = clean_environment(**{f"RONGCUO_{name}": text for name, text in variables.items()})
        self.groups.append(Processes(environment, logs))
        return self.groups[-1]

    def bearer(self, *roles: str) -> dict[str, str]:
        """Return the headers of somebody with these roles."""
        token = DevelopmentIssuer(self.key).token(roles=roles, subject="officer-1", jurisdictions=("331123",))
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def site(databases: Databases, tmp_path: Path) -> AsyncIterator[Site]:
    """An installation without processes, but for what archive does for the others: it vouches for the keyring."""
    made = Site(tmp_path, databases)
    keyring = await Keyring.open(databases.dsn(KEYRING), FileKeyService(bytes(32)))
    keyring.vouch()
    while not await keyring.vouched():
        await asyncio.sleep(0.05)
    yield made
    for group in made.groups:
        group.stop()
    await keyring.close()
    assert not (tmp_path / "none").exists(), "a process on given servers wrote into a data directory"


@pytest.fixture
def prefix() -> str:
    """The beginning of the names of this test's topics."""
    return f"h{secrets.token_hex(4)}"
