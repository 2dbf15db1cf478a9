"""The raw round trip through Kafka: an idempotent producer with acks=all, and one consumer, record by record."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.bus.ground import Ground
from shared.eventstore.store import EventStore
from shared.kernel.ids import new_id
from shared.messaging.envelope import headers_of
from shared.messaging.topics import PARTITIONS, ensure_topics, topic_name

Trip: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
_WARM_UP = 20
_SETTLE_S = 0.5


async def idle_trips(ground: Ground, store: EventStore, *, seconds: float, rate: float) -> list[int]:
    """Return the nanoseconds of round trips at a steady rate while nothing else goes on."""
    taken: list[int] = []
    async with raw_trip(ground, store, taken) as trip, asyncio.TaskGroup() as group:
        begun = time.perf_counter()
        for number in range(int(seconds * rate)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(trip())
    return taken


@asynccontextmanager
async def raw_trip(ground: Ground, store: EventStore, taken: list[int]) -> AsyncIterator[Trip]:
    """Yield what sends a copy of the log's last event; `taken` grows by the nanoseconds of each that came back."""
    kafka = ground.topics("raw")
    await ensure_topics(kafka, ["trip"])
    topic = topic_name("raw", "trip")
    sample = (await store.log.read_page(after=await store.log.head() - 1))[0]
    producer = AIOKafkaProducer(**kafka.client(), acks="all", enable_idempotence=True)
    await producer.start()
    sent: dict[bytes, int] = {}

    async def receive(consumer: AIOKafkaConsumer) -> None:
        while True:
            record = await consumer.getone()
            taken.append(time.perf_counter_ns() - sent.pop(record.key))

    async def trip() -> None:
        key = str(new_id()).encode()
        sent[key] = time.perf_counter_ns()
        await producer.send_and_wait(topic, sample.payload, key=key, headers=headers_of(sample))

    async with consumer_of(ground, topic) as consumer:
        receiving = asyncio.create_task(receive(consumer))
        for _ in range(_WARM_UP):
            await trip()
        await asyncio.sleep(_SETTLE_S)
        taken.clear()
        try:
            yield trip
            await asyncio.sleep(_SETTLE_S)
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            await producer.stop()


@asynccontextmanager
async def consumer_of(ground: Ground, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Read a topic from its present end."""
    consumer = AIOKafkaConsumer(**ground.kafka.client(), group_id=None)
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    try:
        yield consumer
    finally:
        await consumer.stop()
