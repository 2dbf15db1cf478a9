"""What an operator does to a running installation: republish, recover, rebuild, parked sequences."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from rongcuo import installations
from rongcuo.invocation import given_settings
from rongcuo.secrets import NotPrepared
from shared.database.databases import ServiceName
from shared.database.pool import Pool
from shared.database.schema import await_database
from shared.eventstore.engine import open_engine
from shared.eventstore.log import EventLog
from shared.eventstore.readmodels import ReadModelRunner
from shared.eventstore.store import open_store
from shared.eventstore.transact import Cause
from shared.hosting.installation import Servers
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.messaging import parking
from shared.messaging.discard import discard
from shared.messaging.evidence import stop_if_behind
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.recovery import Evidence, examine, recover
from shared.messaging.republish import republish

__all__ = ["examine_log", "parked", "rebuild_model", "recover_log", "republish_log"]

parked = typer.Typer(no_args_is_help=True, help="停放的消息序列：列出、重试、放弃. Parked sequences.")
Service = Annotated[ServiceName, typer.Argument(help="The service whose log or consumers are meant.")]


async def republish_log(reached: Servers, service: str, position: int) -> None:
    """Set the relay back; the one that runs begins again from `position`."""
    _kafka(reached)
    async with _pool(reached, service) as pool:
        head = await EventLog(pool, service).head()
        if position > head:
            raise NotPrepared(f"{service} ends at position {head}: there is nothing to publish from {position} on")
        await republish(pool, service, max(position, 1))


async def rebuild_model(reached: Servers, service: str, model: str) -> None:
    """Begin another generation of a read model; the running worker brings it into use."""
    from rongcuo.programs import PROGRAMS

    models = {known.name: known for known in PROGRAMS[service].models}
    if model not in models:
        raise NotPrepared(f"{service} has no read model {model}: it has {', '.join(models)}")
    await await_database(reached.dsn(service), service)
    engine = open_engine(reached.dsn(service))
    try:
        async with open_store(reached.dsn(service), service) as store:
            await ReadModelRunner(engine, store.log, list(models.values())).rebuild(model)
    finally:
        await engine.dispose()


async def examine_log(reached: Servers, service: str) -> Evidence:
    """Compare a log with its topic, event by event, and change nothing."""
    async with _pool(reached, service) as pool:
        return await examine(EventLog(pool, service), _kafka(reached))


async def recover_log(reached: Servers, service: str, reason: str) -> Evidence:
    """Put back what the log lost from Kafka, and write the decision into the log; raises RecoveryRefused."""
    databases = reached.databases
    await await_database(reached.dsn(service), service)
    connection = await asyncpg.connect(databases.admin(service))
    try:
        await connection.execute(f'SET ROLE "{databases.role("owner")}"')
        async with open_store(reached.dsn(service), service) as store:
            return await recover(store, connection, _kafka(reached), _cause(), reason=reason)
    finally:
        await connection.close()


@parked.command("list")
def list_parked(service: Service) -> None:
    """列出停放的序列. List the parked sequences of a service's consumers."""

    async def run() -> list[parking.ParkedSequence]:
        async with _pool(installations.servers(given_settings()), service) as pool:
            return await parking.list_parked(pool)

    table = Table("consumer", "log", "stream", "versions", "count", "error", "attempts", "next attempt")
    for found in asyncio.run(run()):
        versions = f"{found.from_version}–{found.to_version}"
        row = (found.consumer, found.log, found.stream, versions, found.count, found.error)
        table.add_row(*(str(cell) for cell in (*row, found.attempts, found.next_attempt_at)))
    Console(width=200).print(table)


@parked.command("retry")
def retry(service: Service, consumer: str, log: str, stream: str) -> None:
    """立即重试一个序列. Let the head of a sequence be tried again at once."""

    async def run() -> bool:
        async with _pool(installations.servers(given_settings()), service) as pool:
            return await parking.retry(pool, consumer, log, stream)

    typer.echo("retry: ok" if asyncio.run(run()) else "retry: no such sequence")


@parked.command("discard")
def discard_parked(
    service: Service,
    consumer: str,
    log: str,
    stream: str,
    reason: Annotated[str, typer.Option(help="A code in kebab-case: why these events shall never take effect.")],
    to_version: Annotated[int | None, typer.Option(help="Discard up to this version; default: all.")] = None,
) -> None:
    """放弃一个序列(写成事件). Give up a parked sequence; the decision is an event."""

    async def run() -> parking.ParkedSequence:
        reached = installations.servers(given_settings())
        await await_database(reached.dsn(service), service)
        async with open_store(reached.dsn(service), service) as store:
            if reached.kafka is not None:
                await stop_if_behind(store.log, reached.kafka)
            return await discard(store, _cause(), consumer, log, stream, reason=reason, to_version=to_version)

    given_up = asyncio.run(run())
    typer.echo(f"discard: versions {given_up.from_version}–{to_version or given_up.to_version}")


def _cause() -> Cause:
    """Return the cause of an operator's decision: whoever may enter the data directory."""
    return Cause(actor=system_actor("operator"), correlation=new_id())


def _kafka(reached: Servers) -> KafkaSettings:
    if reached.kafka is None:
        raise NotPrepared("RONGCUO_KAFKA is not set: this command works on a Kafka that is given")
    return reached.kafka


@asynccontextmanager
async def _pool(reached: Servers, service: str) -> AsyncIterator[Pool]:
    await await_database(reached.dsn(service), service)
    async with asyncpg.create_pool(reached.dsn(service), min_size=1, max_size=2) as pool:
        yield pool
