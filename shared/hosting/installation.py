"""What all services of one installation share: where things are, who is trusted, which rules hold."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property

from shared.authz.signed_requests import SignatureVerifier
from shared.authz.tokens import TokenVerifier
from shared.database.databases import BUS, SERVICES, Databases
from shared.eventstore.appender import Limits
from shared.eventstore.wake import Wakes
from shared.kernel.clock import Clock, utc_now
from shared.keyring.erasure_list import ErasureList, FileErasureList
from shared.keyring.key_service import KeyService
from shared.keyring.suites import Suite, suite
from shared.messaging.bus import Bus
from shared.messaging.erasure_topic import ERASURES, TopicErasureList
from shared.messaging.kafka_bus import KafkaBus
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.local_bus import LocalBus
from shared.rules.pack import Rulebook
from shared.settings import Settings, variable
from shared.web.rate_limits import Budgets, RateLimits

VERSION = "0.1.0.dev0"


class DatabasesUnknown(RuntimeError):
    """The process was given the DSN of its own databases only."""


@dataclass(frozen=True)
class Servers:
    """The servers of one installation as a process reaches them: all that an operator's command needs.

    `given` None: this process knows no administrator and no other database than those whose DSN the settings give.
    `kafka` None: the services read one another's logs (LocalBus).
    """

    settings: Settings
    given: Databases | None
    kafka: KafkaSettings | None = None

    @property
    def databases(self) -> Databases:
        """Where all databases are; raises DatabasesUnknown in a process that knows only its own."""
        if self.given is None:
            raise DatabasesUnknown("RONGCUO_DSN is needed for this")
        return self.given

    def dsn(self, database: str) -> str:
        """Return the DSN of a database for its own role; one that was given in the settings wins."""
        given = self.settings.given_dsn(database)
        if given is None and self.given is None:
            raise DatabasesUnknown(f"{variable(f'{database}_dsn')} is needed for this, or RONGCUO_DSN")
        return given or self.databases.dsn(database)


@dataclass(frozen=True, kw_only=True)
class Installation(Servers):
    """One installation as a process that serves it sees it."""

    verifier: TokenVerifier
    signatures: SignatureVerifier = field(default_factory=lambda: SignatureVerifier({}))
    key_service: KeyService
    rulebook: Rulebook
    secret: bytes = field(repr=False)
    clock: Clock = utc_now
    wakes: Wakes = field(default_factory=Wakes, compare=False)

    @cached_property
    def rates(self) -> RateLimits:
        """The budgets of callers, counted for all services of this process together."""
        given = self.settings
        return RateLimits(Budgets(given.rate_reads, given.rate_commands, given.rate_exports, given.rate_refusals))

    @property
    def suite(self) -> Suite:
        """The suite of new data keys."""
        return suite(self.settings.suite)

    @property
    def erasures(self) -> ErasureList:
        """The list of erasures, which no restored backup takes back."""
        given = self.settings.erasure_list
        if given is None and self.kafka is not None:
            return TopicErasureList(self.kafka)
        return FileErasureList(given or self.settings.data / ERASURES)

    @property
    def limits(self) -> Limits:
        """Bounds of the append queue."""
        return Limits(queue=self.settings.append_queue, queue_bytes=self.settings.append_queue_bytes)

    @asynccontextmanager
    async def bus(self, holder: str) -> AsyncIterator[Bus]:
        """Open the bus for one process, which is known as `holder`."""
        if self.kafka is not None:
            yield KafkaBus(self.kafka)
            return
        logs = {service: self.databases.dsn(service, BUS) for service in SERVICES}
        async with LocalBus(logs, holder=holder, wakes=self.wakes) as bus:
            yield bus
