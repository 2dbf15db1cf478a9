"""Kafka keeps the promises of every bus, also when its topic is made anew under a running consumer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from shared.messaging.kafka_bus import KafkaBus
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.relay import Relay
from shared.messaging.topics import ensure_topics
from tests.messaging.bed import CONSUMER, LOGS, Bed, Copier, running
from tests.messaging.brokers import delete_topics
from tests.messaging.conformance import BusConformance
from tests.messaging.sample import Filed, stream, write, write_some


@dataclass
class KafkaCarrier:
    bed: Bed
    settings: KafkaSettings

    @asynccontextmanager
    async def bus(self, member: str = "one") -> AsyncIterator[KafkaBus]:
        await ensure_topics(self.settings, LOGS)
        yield KafkaBus(self.settings)

    async def carry(self) -> None:
        await ensure_topics(self.settings, LOGS)
        for log in LOGS:
            relay = Relay(self.bed.sources[log].log.pool, log, self.settings, holder="carrier")
            while await relay.step():
                pass
            await relay.close()


@pytest.fixture
def carrier(bed: Bed, settings: KafkaSettings) -> KafkaCarrier:
    return KafkaCarrier(bed, settings)


class TestKafkaBus(BusConformance):
    pass


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(bed: Bed, carrier: KafkaCarrier) -> None:
    await write_some(bed.intake, streams=3)
    await carrier.carry()
    async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
        await bed.dealt_with(bus, CONSUMER)
    await delete_topics(carrier.settings, LOGS)
    late = await write(bed.intake, stream(1), Filed(number=99))
    await carrier.carry()
    async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
        await bed.dealt_with(bus, CONSUMER)
    copies = await bed.copies()
    assert len(copies) == 10
    assert copies[-1].source == late[0].event_id


async def test_a_running_consumer_notices_that_its_topic_was_made_anew(bed: Bed, carrier: KafkaCarrier) -> None:
    await write_some(bed.intake, streams=3)
    await carrier.carry()
    async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
        await bed.dealt_with(bus, CONSUMER)
        await delete_topics(carrier.settings, LOGS)
        late = await write(bed.intake, stream(1), Filed(number=99))
        await carrier.carry()
        await bed.dealt_with(bus, CONSUMER)
        copies = await bed.copies()
    assert len(copies) == 10
    assert copies[-1].source == late[0].event_id
