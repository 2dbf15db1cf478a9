"""Reads records of a topic by offset, outside any consumer group; a reader lives for one look and commits nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.kernel.recorded import Recorded
from shared.messaging.envelope import recorded_of
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import PARTITIONS, TopicMissing

_WAIT_MS = 250
_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of one partition: the next offset, and the last event if there is one."""

    end: int
    last: Recorded | None


class Reader:
    """One look at topics; made by `open_reader`."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def ends(self, topic: str) -> dict[int, int]:
        """Return the next offset of every partition; raises TopicMissing if the topic is not there."""
        if topic not in await self._consumer.topics():
            raise TopicMissing(topic)
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        self._look_at(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return {partition.partition: end for partition, end in ends.items()}

    async def tails(self, topic: str) -> dict[int, Tail]:
        """Return the end of every partition with the event that stands there."""
        ends = await self.ends(topic)
        last = await self.at(topic, {number: end - 1 for number, end in ends.items()})
        return {number: Tail(end, last.get(number)) for number, end in ends.items()}

    async def at(self, topic: str, offsets: Mapping[int, int]) -> dict[int, Recorded]:
        """Return the events at these offsets; a partition that has none there is missing in the answer.

        Raises ForeignRecord for a record that is no event, TimeoutError if the brokers do not answer.
        """
        ends = await self.ends(topic)
        wanted = {TopicPartition(topic, n): offset for n, offset in offsets.items() if 0 <= offset < ends[n]}
        found: dict[int, Recorded] = {}
        self._read_from(wanted)
        async with asyncio.timeout(_PATIENCE_S):
            while wanted:
                answer = await self._consumer.getmany(*wanted, timeout_ms=_WAIT_MS, max_records=1)
                for partition, records in answer.items():
                    if records[0].offset == wanted.pop(partition):
                        found[partition.partition] = recorded_of(records[0].headers, records[0].value)
        return found

    async def everything(self, topic: str) -> AsyncIterator[Recorded]:
        """Yield every event of a topic from the beginning to its present end, in order within a partition."""
        ends = {TopicPartition(topic, n): end for n, end in (await self.ends(topic)).items() if end}
        self._read_from(dict.fromkeys(ends, 0))
        while ends:
            async with asyncio.timeout(_PATIENCE_S):
                answer = await self._consumer.getmany(*ends, timeout_ms=_WAIT_MS)
            for partition, records in answer.items():
                for record in records:
                    yield recorded_of(record.headers, record.value)
                if records[-1].offset >= ends[partition] - 1:
                    del ends[partition]

    def _look_at(self, partitions: Sequence[TopicPartition]) -> None:
        """Assign partitions without reading them yet.

        This also is how the client learns of the topic; asked for the end of an unknown one it fails, pauses and asks
        again.
        """
        self._consumer.assign(partitions)
        self._consumer.pause(*partitions)
        for partition in partitions:
            self._consumer.seek(partition, 0)

    def _read_from(self, offsets: Mapping[TopicPartition, int]) -> None:
        for partition, offset in offsets.items():
            self._consumer.seek(partition, offset)
        self._consumer.resume(*offsets)


@asynccontextmanager
async def open_reader(settings: KafkaSettings) -> AsyncIterator[Reader]:
    """Connect a reader; raises KafkaError when no broker answers."""
    consumer = AIOKafkaConsumer(
        **settings.client(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=1024 * 1024,
    )
    try:
        await consumer.start()
        yield Reader(consumer)
    finally:
        await asyncio.sleep(0)  # stop() would wait for its tasks with a CancelledError if they had never run
        await consumer.stop()
