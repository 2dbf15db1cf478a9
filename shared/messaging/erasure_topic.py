"""The list of erasures as a Kafka topic: the erasing events themselves, as the archive's log holds them."""

from collections.abc import Sequence

from aiokafka.errors import KafkaError

from shared.kernel.recorded import Recorded
from shared.keyring.erasure_list import Erasure, ErasureListUnreadable
from shared.messaging.envelope import ForeignRecord
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.producer import Publisher, pack
from shared.messaging.reader import open_reader
from shared.messaging.topics import TopicMismatch, check_topics, topic_name

ERASURES = "erasures"
"""Stands for a log's name in the topic's: `<prefix>.erasures.v1`."""


class TopicErasureList:
    """The list on brokers that keep it for ever, apart from every backup of a database."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def append(self, stored: Recorded) -> None:
        """Add a SubjectErased, acknowledged by all replicas in sync; raises PublishFailed."""
        publisher = Publisher(self._settings, ERASURES)
        try:
            await publisher.publish(pack([stored]))
        finally:
            await publisher.close()

    async def read(self) -> Sequence[Erasure]:
        """Return all entries; raises ErasureListUnreadable when brokers or records cannot be relied on."""
        topic = topic_name(self._settings.topic_prefix, ERASURES)
        try:
            await check_topics(self._settings, [ERASURES])
            async with open_reader(self._settings) as reader:
                entries = [Erasure.of(stored) async for stored in reader.everything(topic)]
        except (KafkaError, OSError, TopicMismatch, ForeignRecord, ValueError) as error:
            reason = str(error) if isinstance(error, TopicMismatch) else type(error).__name__
            raise ErasureListUnreadable(f"the list of erasures cannot be read: {reason}") from None
        return list(dict.fromkeys(entries))
