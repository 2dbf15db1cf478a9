"""The list of erasures on a real broker: kept for ever, read by everybody, refused when it cannot be relied on."""

import pytest
from aiokafka.admin import NewTopic

from shared.kernel.ids import new_id
from shared.keyring.erasure_list import Erasure, ErasureListUnreadable
from shared.messaging.erasure_topic import ERASURES, TopicErasureList
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.producer import Publisher, pack
from shared.messaging.topics import administrator, ensure_topics, topic_name
from tests.keyring.test_erasure_list import erased


async def test_what_is_listed_is_read_by_whoever_opens_it(settings: KafkaSettings) -> None:
    await ensure_topics(settings, [ERASURES])
    assert await TopicErasureList(settings).read() == []
    told = [erased(new_id(), new_id(), identity=bool(number % 2)) for number in range(6)]
    for stored in [*told, *told[:2]]:
        await TopicErasureList(settings).append(stored)
    assert set(await TopicErasureList(settings).read()) == set(map(Erasure.of, told))
    assert len(await TopicErasureList(settings).read()) == len(told)


async def test_a_list_that_is_not_there_or_not_for_ever_is_refused(settings: KafkaSettings) -> None:
    with pytest.raises(ErasureListUnreadable, match="no such topic"):
        await TopicErasureList(settings).read()
    name = topic_name(settings.topic_prefix, ERASURES)
    async with administrator(settings) as admin:
        await admin.create_topics([NewTopic(name, 12, 1, topic_configs={"retention.ms": "604800000"})])
    with pytest.raises(ErasureListUnreadable, match=r"retention\.ms is 604800000"):
        await TopicErasureList(settings).read()


async def test_a_record_that_is_no_erasure_is_refused(settings: KafkaSettings) -> None:
    await ensure_topics(settings, [ERASURES])
    publisher = Publisher(settings, ERASURES)
    await publisher.publish(pack([erased(new_id(), new_id())._replace(type="DossierOpened")]))
    await publisher.close()
    with pytest.raises(ErasureListUnreadable, match="ValueError"):
        await TopicErasureList(settings).read()
