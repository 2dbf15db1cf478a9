"""The supervised idempotent producer: batches by partition, every one acknowledged by all replicas in sync.

A producer that failed is never used again: after a fenced or out-of-order sequence aiokafka's sender is dead for good
(aiokafka #1017), so the next call makes a new one. What was on the way then may reach the topic twice, never out of
the stream's order.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.kernel.recorded import Recorded
from shared.messaging.envelope import headers_of
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import partition_of, topic_name

_BATCH_BYTES = 512 * 1024  # twice the largest event, half of the broker's default limit
_UNCOMPRESSED: Final = 0
_REQUEST_TIMEOUT_MS = 15_000


class PublishFailed(Exception):
    """The brokers did not acknowledge everything; it has to be sent again. Says topic and class of the error."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What one batch became: the first offset, one past the last, and the last event."""

    partition: int
    begin: int
    end: int
    last: Recorded


@dataclass(frozen=True, slots=True)
class Packed:
    """A page as it goes out: batches of one partition each, with the last event of each batch."""

    page: Sequence[Recorded]
    batches: Sequence[tuple[int, BatchBuilder, Recorded]]


class Publisher:
    """Publishes pages of one log in order; one task at a time."""

    def __init__(self, settings: KafkaSettings, log: str) -> None:
        self._settings = settings
        self._topic = topic_name(settings.topic_prefix, log)
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, packed: Packed) -> list[Acknowledged]:
        """Send a page and wait for all acknowledgements; raises PublishFailed. What was packed can be sent once."""
        try:
            producer = self._producer or await self._start()
            return await self._send(producer, packed)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise PublishFailed(f"{self._topic} does not take it: {type(error).__name__}") from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Drop the producer; the next `publish` makes a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), timeout=_REQUEST_TIMEOUT_MS / 1000)

    async def _start(self) -> AIOKafkaProducer:
        self._producer = AIOKafkaProducer(
            **self._settings.client(),
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        await self._producer.start()
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, packed: Packed) -> list[Acknowledged]:
        sent = []
        for partition, batch, last in packed.batches:
            count = batch.record_count()
            sent.append((partition, count, last, await producer.send_batch(batch, self._topic, partition=partition)))
        answers = await asyncio.gather(*(future for *_, future in sent), return_exceptions=True)
        acknowledged = []
        for (partition, count, last, _), answer in zip(sent, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            if answer.offset >= 0:  # -1: a duplicate whose offset the broker has forgotten
                acknowledged.append(Acknowledged(partition, answer.offset, answer.offset + count, last))
        return acknowledged


def pack(page: Sequence[Recorded]) -> Packed:
    """Pack a page into batches, in order within every partition."""
    done: list[tuple[int, BatchBuilder, Recorded]] = []
    filling: dict[int, tuple[BatchBuilder, Recorded]] = {}
    for recorded in page:
        partition = partition_of(recorded.stream)
        batch, last = filling.get(partition) or (_batch(), recorded)
        if not _append(batch, recorded):
            done.append((partition, batch, last))
            batch = _batch()
            _append(batch, recorded)
        filling[partition] = (batch, recorded)
    return Packed(page, [*done, *((partition, batch, last) for partition, (batch, last) in filling.items())])


def _batch() -> BatchBuilder:
    return BatchBuilder(_BATCH_BYTES, _UNCOMPRESSED)


def _append(batch: BatchBuilder, recorded: Recorded) -> bool:
    return (
        batch.append(
            timestamp=int(recorded.recorded_at.timestamp() * 1000),
            key=recorded.stream.encode(),
            value=recorded.payload,
            headers=headers_of(recorded),
        )
        is not None
    )
