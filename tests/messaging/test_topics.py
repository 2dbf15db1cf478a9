"""Topics are made as agreed and are refused when somebody made them otherwise."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import DefaultPartitioner

from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import TopicMismatch, TopicMissing, check_topics, ensure_topics, partition_of, topic_name
from tests.messaging.sample import stream


async def test_topics_may_be_made_again_and_keep_their_records_for_ever(settings: KafkaSettings) -> None:
    with pytest.raises(TopicMissing):
        await check_topics(settings, ["intake"])
    await ensure_topics(settings, ["intake", "archive"])
    await ensure_topics(settings, ["intake", "archive"])
    await check_topics(settings, ["intake", "archive"])


@pytest.mark.parametrize(
    ("partitions", "configs", "named"),
    [
        (6, {"retention.ms": "-1"}, "partitions is 6, must be 12"),
        (12, {"retention.ms": "604800000"}, "retention.ms is 604800000, must be -1"),
        (12, {"retention.ms": "-1", "cleanup.policy": "compact"}, "cleanup.policy is compact, must be delete"),
    ],
)
async def test_a_topic_made_otherwise_is_refused(
    settings: KafkaSettings, partitions: int, configs: dict[str, str], named: str
) -> None:
    admin = AIOKafkaAdminClient(**settings.client())
    await admin.start()
    name = topic_name(settings.topic_prefix, "intake")
    await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
    await admin.close()
    with pytest.raises(TopicMismatch, match=named):
        await ensure_topics(settings, ["intake"])


def test_a_stream_lies_where_kafkas_own_partitioner_puts_it() -> None:
    ours = [partition_of(stream(number)) for number in range(50)]
    theirs = [DefaultPartitioner()(stream(number).encode(), list(range(12)), list(range(12))) for number in range(50)]
    assert ours == theirs


def test_a_cluster_with_tls_and_sasl_is_only_data() -> None:
    settings = KafkaSettings("a:1,b:2", security_protocol="SASL_SSL", username="rongcuo", password="geheim")
    client = settings.client()
    assert client["bootstrap_servers"] == ["a:1", "b:2"]
    assert client["ssl_context"].check_hostname
    assert client["sasl_mechanism"] == "SCRAM-SHA-512"
    assert "geheim" not in repr(settings)
