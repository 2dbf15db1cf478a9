"""What stands on a topic, counted by reading it to its end: delivered, missed, duplicated, out of order."""

from collections.abc import AsyncIterator, Iterable, Set
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.kernel.recorded import Recorded
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import PARTITIONS


@dataclass(frozen=True)
class Delivered:
    """The truth about one topic. `order`: events that came after a later one of their stream."""

    delivered: int
    missed: int
    duplicated: int
    order: int


async def delivered(kafka: KafkaSettings, topic: str, stored: Iterable[Recorded]) -> Delivered:
    """Read the topic and compare it with what was to be sent; every contender sends the headers of the relay."""
    found = [record async for record in _records(kafka, topic)]
    return count(found, {str(event.event_id).encode() for event in stored})


def count(records: Iterable[tuple[bytes, bytes, int]], wanted: Set[bytes]) -> Delivered:
    """Compare what stands on a topic (event id, stream, version) with the ids that were to be sent."""
    seen: set[bytes] = set()
    last: dict[bytes, int] = {}
    stood = order = 0
    for event_id, stream, version in records:
        stood += 1
        if event_id in seen:
            continue
        seen.add(event_id)
        order += version < last.get(stream, 0)
        last[stream] = max(version, last.get(stream, 0))
    return Delivered(stood, len(wanted - seen), stood - len(seen), order)


async def _records(kafka: KafkaSettings, topic: str) -> AsyncIterator[tuple[bytes, bytes, int]]:
    consumer = AIOKafkaConsumer(
        **kafka.client(), group_id=None, auto_offset_reset="earliest", max_partition_fetch_bytes=4 * 1024 * 1024
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = {partition: end for partition, end in (await consumer.end_offsets(partitions)).items() if end}
        while ends:
            answer = await consumer.getmany(*ends, timeout_ms=1000)
            for partition, records in answer.items():
                for record in records:
                    headers = dict(record.headers)
                    yield headers["ce_id"], headers["ce_subject"], int(headers["ce_streamversion"])
                if records[-1].offset >= ends[partition] - 1:
                    del ends[partition]
    finally:
        await consumer.stop()
