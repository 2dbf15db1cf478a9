"""The topics: one for each log, made by an operator and checked at start; no client ever makes one by accident."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code
from aiokafka.partitioner import murmur2

from shared.messaging.kafka_settings import KafkaSettings

PARTITIONS = 12  # fixed for ever: another number would tear the streams apart
FOREVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""How topics keep their records."""
_TOPIC_EXISTS, _UNKNOWN_TOPIC = 36, 3


class TopicMismatch(Exception):
    """A topic is missing or not as `ensure_topics` makes it; the message names topic, setting and both values."""


class TopicMissing(TopicMismatch):
    """There is no such topic."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic}: there is no such topic; make it with `rongcuo topics`")


def topic_name(prefix: str, log: str) -> str:
    """Return the topic of a log, `<prefix>.<log>.v1`."""
    return f"{prefix}.{log}.v1"


@lru_cache(maxsize=65_536)
def partition_of(stream: str) -> int:
    """Return the partition of a stream, as Kafka's own default partitioner gives it for the key `stream`."""
    return (int(murmur2(stream.encode())) & 0x7FFFFFFF) % PARTITIONS


async def ensure_topics(settings: KafkaSettings, logs: Sequence[str]) -> None:
    """Make the topics that are missing, with 12 partitions and unlimited retention, then check all of them.

    Raises TopicMismatch when a topic that was there before is different.
    """
    configs = {**FOREVER, "min.insync.replicas": str(settings.min_insync)}
    async with administrator(settings) as admin:
        for log in logs:
            name = topic_name(settings.topic_prefix, log)
            answer = await admin.create_topics(
                [NewTopic(name, PARTITIONS, settings.replication, topic_configs=configs)]
            )
            for _, code, *_ in answer.topic_errors:
                if code not in (0, _TOPIC_EXISTS):
                    raise TopicMismatch(f"{name} cannot be made: {for_code(code).__name__}")
    await _until_known(settings, logs)


async def check_topics(settings: KafkaSettings, logs: Sequence[str]) -> None:
    """Raise TopicMismatch unless every topic is there with its partitions and keeps its records for ever."""
    async with administrator(settings) as admin:
        for log in logs:
            name = topic_name(settings.topic_prefix, log)
            (topic,) = await admin.describe_topics([name])
            if topic["error_code"] == _UNKNOWN_TOPIC:
                raise TopicMissing(name)
            if topic["error_code"]:
                raise TopicMismatch(f"{name}: {for_code(topic['error_code']).__name__}")
            _compare(name, "partitions", str(len(topic["partitions"])), str(PARTITIONS))
            configs = await _configs(admin, name)
            for setting, wanted in {**FOREVER, "min.insync.replicas": str(settings.min_insync)}.items():
                _compare(name, setting, configs.get(setting, "unknown"), wanted)


async def _until_known(settings: KafkaSettings, logs: Sequence[str]) -> None:
    """Check the topics when every broker has heard of them, which takes a moment."""
    for _ in range(100):
        with suppress(TopicMissing):
            return await check_topics(settings, logs)
        await asyncio.sleep(0.1)
    return await check_topics(settings, logs)


async def _configs(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    for code, *_ in answer.resources:
        if code:
            raise TopicMismatch(f"{name}: its settings cannot be read: {for_code(code).__name__}")
    return {entry[0]: entry[1] for resource in answer.resources for entry in resource[4]}


def _compare(topic: str, setting: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise TopicMismatch(f"{topic}: {setting} is {found}, must be {wanted}")


@asynccontextmanager
async def administrator(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Open a client that makes and describes; what it may do follows from the user in `settings`."""
    admin = AIOKafkaAdminClient(**settings.client())
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
