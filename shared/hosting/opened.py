"""One service with its parts open: log, read models, keyring, and what its edge is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accesslog.migration import access_log
from shared.accesslog.recorder import Recorder
from shared.authz.protection import Protection
from shared.authz.standing import Standing
from shared.database.databases import KEYRING
from shared.database.schema import await_database
from shared.eventstore.durability import check_durability
from shared.eventstore.engine import open_engine
from shared.eventstore.read_after import ReadAfter
from shared.eventstore.readmodels import ReadModel, last_awaited, wait_for
from shared.eventstore.store import EventStore, open_store
from shared.eventstore.wake import Wake
from shared.hosting.erasures import apply_erasures
from shared.hosting.installation import Installation
from shared.kernel.decider import Decider, S
from shared.keyring.keyring import Keyring
from shared.messaging.brokers import await_brokers
from shared.messaging.events import PARKING, RECOVERY
from shared.messaging.evidence import stop_if_behind
from shared.web.desk import CommandDesk
from shared.web.reads import Freshness
from shared.web.resources import Check, Resources, derived_key
from shared.web.sealing import Edge

OPERATIONS = (RECOVERY, PARKING)
"""Aggregates that every log may hold beside its own: what operators decided about the bus."""


@dataclass(frozen=True)
class Opened:
    """The open parts of one service, and the small makers of what its use cases need."""

    name: str
    installation: Installation
    store: EventStore
    engine: AsyncEngine
    edge: Edge
    read_after: ReadAfter
    wake: Wake
    standing: Standing

    def desk(
        self, decider: Decider[S], protection: Protection[S], collection: str, history: str | None = None
    ) -> CommandDesk[S]:
        """Return the command desk of an aggregate whose resources stand at /<service>/v1/<collection>/<id>.

        `history` is the operation that reads the history of one of them.
        """

        def location(aggregate_id: UUID) -> str:
            return f"/{self.name}/v1/{collection}/{aggregate_id}"

        return CommandDesk(self.store, decider, protection, _state_of, location, self.read_after, history)

    def freshness(self, *models: ReadModel) -> Freshness:
        """Return what makes reads of `models` wait for the caller's own write."""
        known = {model.name: model for model in models}

        async def reached(name: str, position: int, seconds: float) -> bool:
            return await wait_for(self.engine, known[name], position, seconds, self.wake)

        async def awaited(name: str) -> int:
            return await last_awaited(self.engine, known[name])

        return Freshness(self.read_after, self.name, reached, awaited)

    def resources(self, application: object) -> Resources:
        """Return what the HTTP application holds while it runs."""
        recorder = Recorder(
            self.installation.dsn(self.name),
            access_log(self.name),
            clock=self.installation.clock,
            new_id=self.store.new_id,
        )
        return Resources(
            verifier=self.installation.verifier,
            log=self.store.log,
            application=application,
            secret=self.installation.secret,
            recorder=recorder,
            checks=self._checks(recorder),
            signatures=self.installation.signatures,
            standing=self.standing,
            certificate_header=self.installation.settings.client_certificate_header,
            rates=self.installation.rates,
            hsts_days=self.installation.settings.hsts_days,
            stream_s=self.installation.settings.stream_s,
            purposes=tuple(self.installation.settings.purposes.split(",")),
        )

    def _checks(self, recorder: Recorder) -> dict[str, Check]:
        """What /readyz asks: the log and the keyring answer, and appends and access records are taken."""

        async def log() -> bool:
            return await self.store.log.head() >= 0

        async def appender() -> bool:
            return self.store.appender.alive

        async def recording() -> bool:
            return recorder.alive

        return {"log": log, "appender": appender, "access-records": recording, "keyring": self.edge.keyring.answers}


@asynccontextmanager
async def open_service(installation: Installation, name: str) -> AsyncIterator[Opened]:
    """Open the parts of the service `name`, waiting for servers that are still starting.

    Nothing is served before every erasure is applied to the keyring, which may come from an older backup.
    Raises DatabaseRefused, BrokersRefused, UnsafeServer, LogUnavailable, ErasureListUnreadable, or what the key service
    raises, when they cannot be relied on.
    """
    dsn = installation.dsn(name)
    for database in (name, KEYRING):
        await await_database(installation.dsn(database), database, installation.settings.start_s)
    if installation.kafka is not None:
        await await_brokers(installation.kafka, installation.settings.start_s)
    await installation.key_service.check()
    await _check_keyring(installation.dsn(KEYRING))
    keyring = await Keyring.open(installation.dsn(KEYRING), installation.key_service, installation.suite)
    engine = open_engine(dsn)
    try:
        await apply_erasures(installation, name, keyring)
        async with (
            installation.wakes.of(name, dsn) as wake,
            open_store(dsn, name, clock=installation.clock, limits=installation.limits, wake=wake) as store,
        ):
            if installation.kafka is not None:
                await stop_if_behind(store.log, installation.kafka)
            read_after = ReadAfter(derived_key(installation.secret, "read-after"))
            yield Opened(name, installation, store, engine, Edge(keyring), read_after, wake, Standing(keyring.pool))
    finally:
        await engine.dispose()
        await keyring.close()


async def _check_keyring(dsn: str) -> None:
    """Refuse a keyring that may forget a key whose event is stored: that text would be lost for ever."""
    connection = await asyncpg.connect(dsn)
    try:
        await check_durability(connection)
    finally:
        await connection.close()


def _state_of(aggregate: Any) -> str | None:
    state: str | None = aggregate.state
    return state
