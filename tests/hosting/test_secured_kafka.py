"""A broker that trusts nobody unasked: each service gets in with its own password and may do what it does, no more."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError

from rongcuo.certificates import Authority, pem
from rongcuo.programs import PROGRAMS
from shared.database.databases import SERVICES
from shared.hosting.installation import Installation
from shared.hosting.worker import Worker
from shared.messaging.acls import Acl, AclsRefused, Changes, apply_acls, read_acls
from shared.messaging.brokers import BrokersRefused, await_brokers
from shared.messaging.erasure_topic import ERASURES, TopicErasureList
from shared.messaging.kafka_bus import KafkaBus
from shared.messaging.places import Partition, Place, Places
from shared.messaging.producer import Publisher, PublishFailed, pack
from shared.messaging.reader import open_reader
from shared.messaging.topics import TopicMismatch, TopicMissing, check_topics, ensure_topics, topic_name
from tests.hosting.conftest import RECORD
from tests.support.secured_kafka import SecuredKafka, secured_kafka
from tests.support.servers import roomy_directory

FILE = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.csv"
PREFIX = "rongcuo"


@pytest.fixture(scope="module")
def secured() -> Iterator[SecuredKafka]:
    with roomy_directory() as place, secured_kafka(place) as broker:
        yield broker


@pytest.fixture(scope="module")
async def broker(secured: SecuredKafka) -> SecuredKafka:
    """The broker with the topics and the rights of an installation."""
    await ensure_topics(secured.settings("admin"), [*SERVICES, ERASURES])
    changes = await apply_acls(secured.settings("admin"), read_acls(FILE))
    assert (changes.given, changes.taken) == (sorted(read_acls(FILE)), [])
    return secured


async def consumers_of(service: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Return name and logs of each consumer that the worker of a service runs."""
    seen: list[tuple[str, tuple[str, ...]]] = []

    @asynccontextmanager
    async def unopened(*_: object) -> AsyncIterator[Any]:
        yield SimpleNamespace(store=None, edge=SimpleNamespace(keyring=None), engine=None, standing=None)

    @asynccontextmanager
    async def looking(_: object, consumers: Collection[Any], __: object) -> AsyncIterator[Worker]:
        seen.extend((consumer.name, consumer.logs) for consumer in consumers)
        yield Worker("looked at", cast(Any, None), None, cast(Any, None), ())

    worker = PROGRAMS[service].worker
    module = inspect.getmodule(worker)
    monkeypatch.setattr(module, "open_service", unopened)
    monkeypatch.setattr(module, "open_worker", looking)
    async with worker(cast(Installation, SimpleNamespace(rulebook=None, erasures=None))):
        return seen


async def test_the_file_gives_each_service_what_it_uses_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    used = set()
    for service in SERVICES:
        user, consumers = f"User:{service}", await consumers_of(service, monkeypatch)
        used |= {Acl(user, "topic", topic_name(PREFIX, service), "Write")}
        for log in {service, *(log for _, logs in consumers for log in logs)}:
            used |= {Acl(user, "topic", topic_name(PREFIX, log), what) for what in ("Read", "DescribeConfigs")}
        used |= {Acl(user, "group", f"{PREFIX}.{name}", "Read") for name, _ in consumers}
        used |= {Acl(user, "topic", topic_name(PREFIX, ERASURES), what) for what in ("Read", "DescribeConfigs")}
    used |= {Acl("User:archive", "topic", topic_name(PREFIX, ERASURES), "Write")}
    assert read_acls(FILE) == used


class Nowhere:
    """The places of a consumer that has none yet."""

    def __init__(self, consumer: str) -> None:
        self.consumer = consumer

    async def load(self, _: Collection[str]) -> dict[Partition, Place]:
        return {}

    def void(self, _: Collection[Partition]) -> None: ...


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_does_all_that_it_does(
    broker: SecuredKafka, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = broker.settings(service)
    await await_brokers(settings)
    publisher = Publisher(settings, service)
    assert [done.begin for done in await publisher.publish(pack([RECORD]))] == [0]
    await publisher.close()
    async with open_reader(settings) as reader:
        assert any(tail.last for tail in (await reader.tails(topic_name(PREFIX, service))).values())
    for name, logs in await consumers_of(service, monkeypatch):
        await check_topics(settings, sorted({service, *logs}))
        async with KafkaBus(settings).subscribe(logs, cast(Places, Nowhere(name))) as subscription:
            async with asyncio.timeout(30):
                while subscription.assigned() is None:
                    await subscription.fetch()
            assert len(subscription.assigned() or ()) == 12 * len(logs)


class TestRefused:
    async def test_is_writing_to_another_log(self, broker: SecuredKafka) -> None:
        publisher = Publisher(broker.settings("intake"), "adjudication")
        with pytest.raises(PublishFailed, match="TopicAuthorizationFailed"):
            await publisher.publish(pack([RECORD]))

    async def test_is_reading_what_is_not_consumed(self, broker: SecuredKafka) -> None:
        async with open_reader(broker.settings("intake")) as reader:
            with pytest.raises(TopicMissing):
                await reader.ends(topic_name(PREFIX, "notification"))
        with pytest.raises(TopicMismatch, match="TopicAuthorizationFailed"):
            await check_topics(broker.settings("intake"), ["notification"])

    async def test_is_listing_an_erasure_without_being_the_archive(self, broker: SecuredKafka) -> None:
        assert await TopicErasureList(broker.settings("intake")).read() == []
        with pytest.raises(PublishFailed, match="TopicAuthorizationFailed"):
            await TopicErasureList(broker.settings("intake")).append(RECORD._replace(type="SubjectErased"))

    async def test_is_taking_the_share_of_another_consumer(self, broker: SecuredKafka) -> None:
        client = broker.settings("adjudication").client()
        consumer = AIOKafkaConsumer(topic_name(PREFIX, "intake"), **client, group_id=f"{PREFIX}.notification.intake")
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.start()
        await consumer.stop()

    async def test_is_making_topics_or_rights(self, broker: SecuredKafka) -> None:
        with pytest.raises(TopicMismatch, match="TopicAuthorizationFailed"):
            await ensure_topics(replace(broker.settings("intake"), topic_prefix="mine"), ["intake"])
        with pytest.raises(AclsRefused, match="ClusterAuthorizationFailed"):
            await apply_acls(broker.settings("intake"), read_acls(FILE))

    async def test_is_a_wrong_password(self, broker: SecuredKafka) -> None:
        with pytest.raises(BrokersRefused, match="SaslAuthenticationFailed") as refused:
            await await_brokers(replace(broker.settings("intake"), password="geheim"), patience_s=60)
        assert "geheim" not in str(refused.value)

    async def test_is_a_broker_whose_certificate_nobody_signed(self, broker: SecuredKafka, tmp_path: Path) -> None:
        (tmp_path / "ca.crt").write_text(pem(Authority.new().certificate))
        with pytest.raises(BrokersRefused, match="CERTIFICATE_VERIFY_FAILED"):
            await await_brokers(replace(broker.settings("intake"), ca_file=tmp_path / "ca.crt"), patience_s=60)

    async def test_is_talking_in_the_clear(self, broker: SecuredKafka) -> None:
        with pytest.raises(BrokersRefused, match="is PLAINTEXT what it speaks"):
            await await_brokers(replace(broker.settings("intake"), security_protocol="PLAINTEXT"))


async def test_rights_that_the_file_does_not_name_are_taken_away(broker: SecuredKafka) -> None:
    settings, wanted = broker.settings("admin"), read_acls(FILE)
    stray = Acl("User:intake", "topic", topic_name(PREFIX, "notification"), "Read")
    assert await apply_acls(settings, wanted | {stray}) == Changes([stray], [], len(wanted))
    assert await apply_acls(settings, wanted) == Changes([], [stray], len(wanted))
    assert await apply_acls(settings, wanted) == Changes([], [], len(wanted))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("User:intake,topic,t", "line 2: has 3 columns of 4"),
        ("intake,topic,t,Read", "line 2: wants User:"),
        ("User:intake,cluster,t,Read", "line 2: wants User:"),
        ("User:intake,topic,t,Rite", "line 2: wants some of Read"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(line: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "acls.csv").write_text(f"principal,resource,name,operations\n{line}\n")
    with pytest.raises(AclsRefused, match=fault):
        read_acls(tmp_path / "acls.csv")
