"""Opens an installation for one process: secrets, servers of our own where none are given, whom to trust."""

import asyncio
import json
import logging
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from rongcuo.embedded.data import DataDirectory
from rongcuo.embedded.kafka import Kafka
from rongcuo.embedded.postgres import Postgres
from rongcuo.embedded.process import ServerFailed
from rongcuo.secrets import NotPrepared, Secrets
from shared.authz.development import DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.database.databases import DATABASES, Databases
from shared.hosting.installation import Installation, Servers
from shared.messaging.kafka_settings import KafkaSettings
from shared.rules.loader import load_rulebook
from shared.settings import Settings, variable

logger = logging.getLogger(__name__)
BusName = Literal["local", "kafka"]
WATCH_S = 1.0
RUNNING = "running.json"


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
        own: list[Postgres | Kafka] = []
        if settings.dsn is None:
            own.append(stack.enter_context(postgres))
        if wanted and settings.kafka is None:
            own.append(stack.enter_context(broker))
        dsn = settings.dsn.get_secret_value() if settings.dsn else postgres.dsn
        kafka = _brokers(settings, settings.kafka or broker.bootstrap) if wanted else None
        stack.enter_context(_told(data, dsn, kafka.bootstrap if kafka else None))
        development = settings.dsn is None or settings.sandbox
        secrets = Secrets(settings, data)
        databases = _databases(secrets, dsn)
        yield Embedded(_installation(secrets, databases, kafka, development=development), tuple(own))


@contextmanager
def preparing(settings: Settings) -> Iterator[Databases]:
    """Hold the data directory, if secrets are to be made there, while databases on a given server are made ready."""
    secrets = Secrets(settings, DataDirectory(settings.data))
    with ExitStack() as stack:
        if settings.role_secret is None:
            stack.enter_context(secrets.data)
            secrets.tokens(), secrets.key_service(), secrets.trusted(development=settings.sandbox)
        yield _databases(secrets, _given_dsn(settings))


def connected(settings: Settings) -> Installation:
    """Return the installation on given servers, for one of its many processes; nothing is started, made or written."""
    reached = servers(settings)
    secrets = Secrets(settings, DataDirectory(settings.data))
    return _installation(secrets, reached.given, reached.kafka, development=settings.sandbox)


def servers(settings: Settings) -> Servers:
    """Return the servers of the installation, for an operator's command, which needs no other secret than theirs."""
    secrets = Secrets(settings, DataDirectory(settings.data))
    given = any(map(settings.given_dsn, DATABASES))
    dsn = settings.dsn.get_secret_value() if settings.dsn else None
    if dsn is None and not given:
        dsn = _running(settings).get("dsn")
    return Servers(settings, _databases(secrets, dsn) if dsn else None, _given_brokers(settings))


def brokers(settings: Settings) -> KafkaSettings:
    """Return the way to the Kafka that is given, or that runs here; raises NotPrepared when there is none."""
    kafka = _given_brokers(settings)
    if kafka is None:
        raise NotPrepared("RONGCUO_KAFKA is not set: this command works on a Kafka that is given")
    return kafka


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """Return the issuer of `rongcuo token`; raises NotPrepared when there is no key for it."""
    return Secrets(settings, DataDirectory(settings.data)).issuer()


def _installation(
    secrets: Secrets, databases: Databases | None, kafka: KafkaSettings | None, *, development: bool
) -> Installation:
    trusted, signatures = secrets.trusted(development=development), secrets.signatures()
    if not trusted:
        logger.warning("no issuer of tokens is trusted here: give RONGCUO_ISSUERS_FILE; in a trial, RONGCUO_SANDBOX=1")
    return Installation(
        settings=secrets.settings,
        given=databases,
        kafka=kafka,
        verifier=TokenVerifier(trusted),
        signatures=signatures,
        key_service=secrets.key_service(),
        rulebook=load_rulebook(),
        secret=secrets.tokens(),
    )


def _databases(secrets: Secrets, dsn: str) -> Databases:
    settings = secrets.settings
    return Databases(dsn, secrets.roles(), settings.database_prefix, settings.role_prefix)


def _brokers(settings: Settings, bootstrap: str) -> KafkaSettings:
    """Return the way to the brokers; raises NotPrepared for a certificate or key that cannot be used."""
    password = settings.kafka_password
    kafka = KafkaSettings(
        bootstrap,
        settings.topic_prefix,
        security_protocol=settings.kafka_protocol,
        sasl_mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=password.get_secret_value() if password else None,
        ca_file=settings.kafka_ca_file,
        certificate_file=settings.kafka_certificate_file,
        key_file=settings.kafka_key_file,
        replication=settings.kafka_replication,
        min_insync=settings.kafka_min_insync,
    )
    try:
        kafka.client()
    except (ssl.SSLError, OSError) as error:
        names = [
            name for name in ("kafka_ca_file", "kafka_certificate_file", "kafka_key_file") if getattr(settings, name)
        ]
        raise NotPrepared(f"{', '.join(map(variable, names))}: {error}") from None
    return kafka


def _given_brokers(settings: Settings) -> KafkaSettings | None:
    bootstrap = settings.kafka or (None if settings.dsn else _running(settings).get("kafka"))
    return _brokers(settings, bootstrap) if bootstrap else None


def _running(settings: Settings) -> dict[str, str | None]:
    """Return where the servers of a running `rongcuo up` are, if one runs on the data directory."""
    told = DataDirectory(settings.data).root / RUNNING
    found: dict[str, str | None] = json.loads(told.read_text()) if told.is_file() else {}
    return found


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
