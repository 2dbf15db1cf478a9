"""The bus on Kafka: the group shares out the partitions, the offsets stand in PostgreSQL with the work.

Nothing is ever committed to Kafka. The rebalance listener takes no lock that `fetch` holds (aiokafka would deadlock):
it only waits until the batches at hand are dealt with.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from shared.kernel.recorded import Recorded
from shared.messaging.bus import Batch
from shared.messaging.envelope import recorded_of
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.places import Partition, Place, Places
from shared.messaging.reader import open_reader
from shared.messaging.topics import PARTITIONS, TopicMissing, topic_name

_SESSION_MS, _HEARTBEAT_MS = 10_000, 3_000  # what a killed member held stands still for at most the sum
_REBALANCE_MS = 30_000
_REQUEST_MS = 40_000  # longer than a rebalance: the brokers keep whoever joins waiting until all have drained
_DRAIN_S = 20.0  # within the rebalance time-out, after which the group goes on without us
_WAIT_MS, _RECORDS, _FETCH_BYTES = 250, 1000, 4 * 1024 * 1024


class KafkaBus:
    """Consumers on the topics of one cluster."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def subscribe(self, logs: Sequence[str], places: Places) -> AsyncIterator["KafkaSubscription"]:
        """Join the group of the consumer; raises TopicMismatch if a topic is missing."""
        topics = [topic_name(self._settings.topic_prefix, log) for log in logs]
        async with open_reader(self._settings) as reader:
            for topic in topics:
                await reader.ends(topic)
        consumer = AIOKafkaConsumer(
            **self._settings.client(),
            group_id=f"{self._settings.topic_prefix}.{places.consumer}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            rebalance_timeout_ms=_REBALANCE_MS,
            request_timeout_ms=_REQUEST_MS,
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        subscription = KafkaSubscription(self, consumer, places)
        consumer.subscribe(topics, listener=subscription)
        try:
            await consumer.start()
            yield subscription
        finally:
            subscription.leave()
            await consumer.stop()

    def partitions(self, logs: Sequence[str]) -> frozenset[Partition]:
        """Return all partitions of `logs`."""
        topics = [topic_name(self._settings.topic_prefix, log) for log in logs]
        return frozenset(Partition(topic, number) for topic in topics for number in range(PARTITIONS))

    async def lag(self, partitions: Collection[Partition], places: Mapping[Partition, Place]) -> int:
        """Return how many records stand behind the places, by a client of its own."""
        async with open_reader(self._settings) as reader:
            ends = {topic: await reader.ends(topic) for topic in {partition.topic for partition in partitions}}
        done = {partition: places[partition].offset + 1 if partition in places else 0 for partition in partitions}
        return sum(max(0, ends[partition.topic][partition.number] - offset) for partition, offset in done.items())

    async def lost(self, places: Mapping[Partition, Place]) -> frozenset[Partition]:
        """Return the partitions in which the remembered event no longer stands: their topic was made anew."""
        if not places:
            return frozenset()
        standing: dict[Partition, Recorded] = {}
        async with open_reader(self._settings) as reader:
            for topic in {partition.topic for partition in places}:
                offsets = {
                    partition.number: place.offset for partition, place in places.items() if partition.topic == topic
                }
                found = await reader.at(topic, offsets)
                standing |= {Partition(topic, number): recorded for number, recorded in found.items()}
        return frozenset(
            partition
            for partition, place in places.items()
            if partition not in standing or standing[partition].event_id != place.event_id
        )


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A member of the consumer's group; also the listener of its rebalances."""

    def __init__(self, bus: KafkaBus, consumer: AIOKafkaConsumer, places: Places) -> None:
        self._bus, self._consumer, self._places = bus, consumer, places
        self._assigned: frozenset[Partition] | None = None
        self._assignment = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._broken: Exception | None = None

    async def fetch(self) -> Sequence[Batch]:
        """Wait at most a quarter of a second for records; raises ForeignRecord, and what a rebalance raised."""
        self._idle.set()
        try:
            answer = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=_RECORDS)
        finally:
            self._idle.clear()
        if self._broken:
            raise self._broken
        if self._assigned is None:
            return []
        return [self._batch(partition, records) for partition, records in answer.items() if records]

    def current(self, batch: Batch) -> bool:
        """Return whether there was no rebalance since."""
        return batch.assignment == self._assignment

    def assigned(self) -> frozenset[Partition] | None:
        """Return the share that the group gave to this member."""
        return self._assigned

    def leave(self) -> None:
        """Let a rebalance go on without waiting: nobody will fetch again."""
        self._idle.set()

    async def on_partitions_revoked(self, _revoked: Iterable[TopicPartition]) -> None:
        """Drain: let the batches at hand be finished, bounded; later the places refuse what is late."""
        self._assigned, self._assignment = None, self._assignment + 1
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self._idle.wait()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin behind the remembered places, or at the beginning of a topic that was made anew."""
        try:
            await self._begin({Partition(tp.topic, tp.partition): tp for tp in assigned})
        except Exception as error:
            self._broken = error

    async def _begin(self, assigned: dict[Partition, TopicPartition]) -> None:
        for topic in self._consumer.subscription():
            if not self._consumer.partitions_for_topic(topic):
                raise TopicMissing(topic)
        known = await self._places.load({partition.topic for partition in assigned})
        mine = {partition: place for partition, place in known.items() if partition in assigned}
        lost = await self._bus.lost(mine)
        self._places.void(lost)
        for partition, target in assigned.items():
            begins_again = partition in lost or partition not in mine
            self._consumer.seek(target, 0 if begins_again else mine[partition].offset + 1)
        self._assigned, self._assignment = frozenset(assigned), self._assignment + 1

    def _batch(self, partition: TopicPartition, records: Sequence[object]) -> Batch:
        recorded = tuple(recorded_of(record.headers, record.value) for record in records)  # type: ignore[attr-defined]
        end = Place(records[-1].offset, recorded[-1].event_id)  # type: ignore[attr-defined]
        return Batch(Partition(partition.topic, partition.partition), recorded, end, self._assignment)
