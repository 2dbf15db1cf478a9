"""The contenders: our relay, aiokafka alone, and txoutbox as its makers show it and with larger rounds.

Each carries the same messages to a topic of its own, with idempotent producers and acks=all. Clients and topics are
ready before the clock starts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
from aiokafka import AIOKafkaProducer
from txoutbox import OutboxMessage, RelayConfig
from txoutbox import Relay as OutboxRelay
from txoutbox.adapters.postgres import PostgresStorage

from bench.bus.backlog import fill_outbox
from bench.bus.ground import Ground
from shared.database.databases import Databases
from shared.eventstore.store import EventStore
from shared.kernel.recorded import Recorded
from shared.messaging.envelope import headers_of
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.relay import Relay
from shared.messaging.topics import ensure_topics, partition_of, topic_name

LOG = "notification"
_PAGE = 2000
_BATCH_BYTES = 512 * 1024

Ready: TypeAlias = tuple[int, int, bytes, bytes, Any]
Carry: TypeAlias = Callable[[], Awaitable[int]]
"""Carries everything and returns how many messages that were."""


@dataclass(frozen=True)
class Source:
    """The backlog: the log, and the events in it."""

    ground: Ground
    store: EventStore
    events: Sequence[Recorded]

    @property
    def databases(self) -> Databases:
        """Where the log is."""
        return self.ground.databases


@asynccontextmanager
async def ours(source: Source, kafka: KafkaSettings) -> AsyncIterator[Carry]:
    """The relay of the product, step by step as `Relay.run` takes them; a checkpoint for every page."""
    await ensure_topics(kafka, [LOG])
    admin = await asyncpg.connect(source.databases.admin(LOG))
    await admin.execute(
        "UPDATE log.relay SET position = 0, event_id = NULL; DELETE FROM log.relay_partitions; DELETE FROM log.lease"
    )
    await admin.close()
    relay = Relay(source.store.log.pool, LOG, kafka, holder="bench")
    begun = await relay.step()  # lease, first look at the topic, connections

    async def carry() -> int:
        carried = 0
        while begun + carried < len(source.events):
            carried += await relay.step()
        return carried

    try:
        yield carry
    finally:
        await relay.close()


@asynccontextmanager
async def raw(source: Source, kafka: KafkaSettings) -> AsyncIterator[Carry]:
    """`send_batch` of records that are in memory with headers and partition: no database, no checkpoint."""
    await ensure_topics(kafka, [LOG])
    ready = [
        (partition_of(e.stream), int(e.recorded_at.timestamp() * 1000), e.stream.encode(), e.payload, headers_of(e))
        for e in source.events
    ]
    async with _producer(kafka, max_batch_size=_BATCH_BYTES) as producer:

        async def carry() -> int:
            for start in range(0, len(ready), _PAGE):
                await _send_page(producer, topic_name(kafka.topic_prefix, LOG), ready[start : start + _PAGE])
            return len(ready)

        yield carry


async def _send_page(producer: AIOKafkaProducer, topic: str, page: Sequence[Ready]) -> None:
    batches: dict[int, Any] = {}
    for partition, timestamp, key, value, headers in page:
        batch = batches.get(partition) or batches.setdefault(partition, producer.create_batch())
        if batch.append(timestamp=timestamp, key=key, value=value, headers=headers) is None:
            raise RuntimeError("a page does not fit into its batches")
    sent = [await producer.send_batch(batch, topic, partition=number) for number, batch in batches.items()]
    await asyncio.gather(*sent)


def outbox(config: RelayConfig) -> "Contender":
    """txoutbox on its own table, with its own schema and the publisher of its README (and our headers)."""

    @asynccontextmanager
    async def contender(source: Source, kafka: KafkaSettings) -> AsyncIterator[Carry]:
        await ensure_topics(kafka, [LOG])
        topic = topic_name(kafka.topic_prefix, LOG)
        async with (
            asyncpg.create_pool(source.databases.admin(LOG), min_size=1, max_size=6) as pool,
            _producer(kafka) as producer,
        ):
            await fill_outbox(pool, topic, source.events)

            async def publish(message: OutboxMessage) -> None:
                key = message.key.encode() if message.key else None
                headers = [(name, text.encode()) for name, text in message.headers.items()]
                await producer.send_and_wait(message.topic, message.payload, key=key, headers=headers)

            relay = OutboxRelay(PostgresStorage(pool), publish, config=config)

            async def carry() -> int:
                carried = 0
                while round_ := await relay.run_once():
                    if not round_.claimed:
                        break
                    carried += round_.published
                return carried

            yield carry

    return contender


@asynccontextmanager
async def _producer(kafka: KafkaSettings, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**kafka.client(), acks="all", enable_idempotence=True, **options)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


Contender: TypeAlias = Callable[[Source, KafkaSettings], Any]
