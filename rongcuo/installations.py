"""Opens an installation for one process: secrets, servers of our own where none are given, whom to trust."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from rongcuo.embedded.data import DataDirectory
from rongcuo.embedded.kafka import Kafka
from rongcuo.embedded.postgres import Postgres
from rongcuo.embedded.process import ServerFailed
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import DATABASES, Databases
from shared.hosting.installation import Installation
from shared.keyring.key_service import FileKeyService
from shared.messaging.kafka_settings import KafkaSettings
from shared.rules.loader import load_rulebook
from shared.settings import Settings

logger = logging.getLogger(__name__)
BusName = Literal["local", "kafka"]
WATCH_S = 1.0
RUNNING = "running.json"


class NotPrepared(RuntimeError):
    """Something that `rongcuo migrate` or a setting has to provide is missing; the message says what."""


@dataclass(frozen=True)
class Embedded:
    """An installation with the servers that this process runs for it."""

    installation: Installation
    servers: tuple[Postgres | Kafka, ...]

    async def run(self, stop: asyncio.Event) -> None:
        """Start a server again that has died, until `stop` is set."""
        while not stop.is_set():
            for server in self.servers:
                if server.pid is None:
                    self._start_again(server)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WATCH_S)

    def _start_again(self, server: Postgres | Kafka) -> None:
        """Start a server where its clients look for it; nothing else in this process could go on meanwhile.

        Raises ServerFailed when its port is taken by now.
        """
        logger.error("%s has died and is started again", server.version)
        port = server.port
        server.start()
        if server.port != port:
            raise ServerFailed(f"port {port} of {server.version} was taken after it had died")


@contextmanager
def embedded(settings: Settings, bus: BusName | None = None) -> Iterator[Embedded]:
    """Hold the data directory and run the servers that the settings do not name, until the context ends.

    Without a `bus`, a Kafka that the settings name is used. While it runs, `running.json` in the data directory tells
    the operator's commands where the servers are.

    Raises DataDirectoryRefused when the directory is in use, ServerFailed when a server does not start.
    """
    with ExitStack() as stack:
        data = stack.enter_context(DataDirectory(settings.data))
        postgres, broker = _postgres(settings, data), _kafka(settings, data)
        wanted = bus == "kafka" or (bus is None and settings.kafka is not None)
        servers: list[Postgres | Kafka] = []
        if settings.dsn is None:
            servers.append(stack.enter_context(postgres))
        if wanted and settings.kafka is None:
            servers.append(stack.enter_context(broker))
        dsn = settings.dsn.get_secret_value() if settings.dsn else postgres.dsn
        bootstrap = (settings.kafka or broker.bootstrap) if wanted else None
        stack.enter_context(_told(data, dsn, bootstrap))
        development = settings.dsn is None or settings.sandbox
        if not development:
            logger.warning("no issuer of tokens is trusted here: development tokens need RONGCUO_SANDBOX=1")
        yield Embedded(_installation(settings, data, dsn, bootstrap, development=development), tuple(servers))


@contextmanager
def preparing(settings: Settings) -> Iterator[Installation]:
    """Hold the data directory while databases or topics on given servers are made ready."""
    with DataDirectory(settings.data) as data:
        yield _installation(settings, data, _given_dsn(settings), settings.kafka, development=settings.sandbox)


def connected(settings: Settings) -> Installation:
    """Return the installation on given servers, for one of its many processes; nothing is started or made."""
    data = DataDirectory(settings.data)
    if not data.secrets.is_dir():
        raise NotPrepared(f"{settings.data} holds no secrets: run `rongcuo migrate` first")
    running = data.root / RUNNING
    if settings.dsn is None and running.is_file():
        told = json.loads(running.read_text())
        return _installation(settings, data, told["dsn"], told["kafka"], development=settings.sandbox)
    dsn = None if all(map(settings.given_dsn, DATABASES)) else _given_dsn(settings)
    return _installation(settings, data, dsn, settings.kafka, development=settings.sandbox)


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """Return the issuer of `rongcuo token`; raises NotPrepared when the data directory was never opened."""
    data = DataDirectory(settings.data)
    if not data.secrets.is_dir():
        raise NotPrepared(f"{settings.data} holds no secrets: start `rongcuo up` first")
    return DevelopmentIssuer(data.secrets)


def _installation(
    settings: Settings, data: DataDirectory, dsn: str | None, bootstrap: str | None, *, development: bool
) -> Installation:
    role_secret = settings.role_secret.get_secret_value().encode() if settings.role_secret else data.role_secret()
    token_secret = settings.token_secret.get_secret_value().encode() if settings.token_secret else data.token_secret()
    trusted = DevelopmentIssuer(data.secrets).trusted() if development else {}
    databases = dsn and Databases(dsn, role_secret, settings.database_prefix, settings.role_prefix)
    return Installation(
        settings=settings,
        given=databases or None,
        verifier=TokenVerifier(trusted),
        key_service=FileKeyService.at(data.key_encryption_key),
        rulebook=load_rulebook(),
        secret=token_secret,
        kafka=KafkaSettings(bootstrap, settings.topic_prefix) if bootstrap else None,
    )


@contextmanager
def _told(data: DataDirectory, dsn: str, bootstrap: str | None) -> Iterator[None]:
    """Tell, to the owner of the data directory only, where the servers are while they run."""
    running = data.root / RUNNING
    running.touch(mode=0o600)
    running.write_text(json.dumps({"dsn": dsn, "kafka": bootstrap}))
    try:
        yield
    finally:
        running.unlink(missing_ok=True)


def _given_dsn(settings: Settings) -> str:
    if settings.dsn is None:
        raise NotPrepared("RONGCUO_DSN is not set, and no `rongcuo up` runs on this data directory")
    return settings.dsn.get_secret_value()


def _postgres(settings: Settings, data: DataDirectory) -> Postgres:
    return Postgres(
        data.postgres,
        password=data.postgres_password(),
        log=data.logs / "postgres.log",
        port=settings.postgres_port,
        bin_dir=settings.postgres_bin,
    )


def _kafka(settings: Settings, data: DataDirectory) -> Kafka:
    return Kafka(data.kafka, log=data.logs / "kafka.log", port=settings.kafka_port)
