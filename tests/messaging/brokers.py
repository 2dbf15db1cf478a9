"""What happens to a broker in these tests."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient

from shared.kernel.recorded import Recorded
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.reader import open_reader
from shared.messaging.topics import topic_name
from tests.messaging.bed import until


async def delete_topics(settings: KafkaSettings, logs: Sequence[str]) -> None:
    """Delete topics and wait until the broker has forgotten them."""
    names = [topic_name(settings.topic_prefix, log) for log in logs]
    admin = AIOKafkaAdminClient(**settings.client())
    await admin.start()
    try:
        await admin.delete_topics(names)

        async def gone() -> bool:
            return not set(names) & set(await admin.list_topics())

        await until(gone)
    finally:
        await admin.close()


async def read_topic(settings: KafkaSettings, log: str) -> list[Recorded]:
    """Return everything that stands in a topic, in order within each partition."""
    async with open_reader(settings) as reader:
        return [recorded async for recorded in reader.everything(topic_name(settings.topic_prefix, log))]
