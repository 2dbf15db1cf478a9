"""The relay publishes a log as it is stored, once by one relay at a time, and notices which side has lost something."""

import asyncio

import pytest

from shared.kernel.recorded import Recorded
from shared.messaging.checkpoint import CheckpointRefused
from shared.messaging.evidence import LogBehindBus
from shared.messaging.kafka_bus import KafkaBus
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.reader import open_reader
from shared.messaging.relay import Hook, Relay, RelayPace, no_hook
from shared.messaging.republish import republish
from shared.messaging.topics import TopicMissing, ensure_topics, partition_of, topic_name
from tests.messaging.bed import CONSUMER, Bed, Copier, running, until, wipe
from tests.messaging.brokers import delete_topics, read_topic
from tests.messaging.sample import Filed, stream, write, write_some

EAGER = RelayPace(look_s=0.0, shortest_s=0.01, longest_s=0.05)


class Killed(Exception):
    """The process died here."""


@pytest.fixture(autouse=True)
async def _topics(settings: KafkaSettings) -> None:
    await ensure_topics(settings, ["intake"])


def relay(bed: Bed, settings: KafkaSettings, holder: str = "one", *, page: int = 2000, hook: Hook = no_hook) -> Relay:
    return Relay(bed.intake.log.pool, "intake", settings, holder=holder, pace=RelayPace(page=page), hook=hook)


async def publish_all(made: Relay) -> None:
    while await made.step():
        pass
    await made.close()


async def test_every_event_goes_out_as_stored_to_the_partition_of_its_stream(bed: Bed, settings: KafkaSettings) -> None:
    written = await write_some(bed.intake)
    await publish_all(relay(bed, settings, page=7))
    sent = await read_topic(settings, "intake")
    assert sorted(sent, key=lambda event: event.position) == written
    assert [event.hash for event in sorted(sent, key=lambda event: event.position)] == [e.hash for e in written]
    async with open_reader(settings) as reader:
        ends = await reader.ends(topic_name(settings.topic_prefix, "intake"))
    for partition, end in ends.items():
        assert end == sum(1 for event in written if partition_of(event.stream) == partition)


async def test_a_large_page_is_cut_into_several_batches_in_order(bed: Bed, settings: KafkaSettings) -> None:
    written = await write(bed.intake, stream(1), *(Filed(number=n, subject="容" * 60_000) for n in range(12)))
    await publish_all(relay(bed, settings))
    assert await read_topic(settings, "intake") == written


async def test_a_relay_killed_before_its_checkpoint_sends_again_and_nothing_happens_twice(
    bed: Bed, settings: KafkaSettings
) -> None:
    written = await write_some(bed.intake, streams=3)

    async def die(point: str) -> None:
        if point == "acknowledged":
            raise Killed

    first = relay(bed, settings, hook=die)
    with pytest.raises(Killed):
        await first.step()
    await first.close()
    await publish_all(relay(bed, settings, "two"))
    assert len(await read_topic(settings, "intake")) == 2 * len(written)

    bus = KafkaBus(settings)
    async with running(bed.pool, bus, Copier(bed.target).consumer("intake")):
        await bed.dealt_with(bus, CONSUMER, ["intake"])
    assert len(await bed.copies()) == len([event for event in written if event.type == "Filed"])


async def test_of_two_relays_one_publishes_and_the_other_takes_over(bed: Bed, settings: KafkaSettings) -> None:
    written = await write_some(bed.intake, streams=3)
    one, two = relay(bed, settings, "one"), relay(bed, settings, "two")
    assert await one.step() == len(written)
    assert (await two.step(), two.status().state) == (0, "waiting")
    late = await write(bed.intake, stream(1), Filed(number=9))
    await one.close()
    assert await two.step() == 1
    assert two.status().epoch > one.status().epoch
    await two.close()
    assert len(await read_topic(settings, "intake")) == len(written) + len(late)


async def test_the_checkpoint_of_a_relay_that_was_replaced_meanwhile_is_refused(
    bed: Bed, settings: KafkaSettings
) -> None:
    await write_some(bed.intake, streams=3)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def hang(point: str) -> None:
        if point == "acknowledged":
            reached.set()
            await go_on.wait()

    zombie, heir = relay(bed, settings, "zombie", page=5, hook=hang), relay(bed, settings, "heir")
    step = asyncio.create_task(zombie.step())
    await asyncio.wait_for(reached.wait(), 30)
    await bed.intake.log.pool.execute("UPDATE log.lease SET until = clock_timestamp() - interval '1 s'")
    await heir.step()
    go_on.set()
    with pytest.raises(CheckpointRefused):
        await step
    assert await bed.intake.log.pool.fetchval("SELECT position FROM log.relay") == await bed.intake.log.head()
    await zombie.close()
    await heir.close()


async def test_what_was_read_ahead_is_forgotten_after_trouble(bed: Bed, settings: KafkaSettings) -> None:
    written = await write_some(bed.intake, streams=4)
    steps = []

    async def die_the_second_time(point: str) -> None:
        steps.append(point)
        if steps.count("acknowledged") == 2:
            raise Killed

    active = relay(bed, settings, page=4, hook=die_the_second_time)
    assert await active.step() == 4
    assert active._ahead is not None
    with pytest.raises(Killed):
        await active.step()
    assert active._ahead is None
    await publish_all(active)
    sent = await read_topic(settings, "intake")
    assert len(sent) == len(written) + 4
    assert set(sent) == set(written)


async def test_republishing_lets_the_active_relay_go_back(bed: Bed, settings: KafkaSettings) -> None:
    written = await write_some(bed.intake, streams=3)
    active, stop = Relay(bed.intake.log.pool, "intake", settings, holder="one", pace=EAGER), asyncio.Event()
    task = asyncio.create_task(active.run(stop))
    await until(lambda: _published(bed))
    with pytest.raises(ValueError, match="position"):
        await republish(bed.intake.log.pool, "intake", len(written) + 2)
    await republish(bed.intake.log.pool, "intake", 5)
    await until(lambda: _published(bed))
    stop.set()
    await task
    sent = await read_topic(settings, "intake")
    assert len(sent) == 2 * len(written) - 4


async def test_a_topic_that_was_emptied_is_filled_again_from_the_first_event(
    bed: Bed, settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    await write_some(bed.intake, streams=3)
    await publish_all(relay(bed, settings))
    await delete_topics(settings, ["intake"])
    with pytest.raises(TopicMissing):
        await relay(bed, settings).step()
    await ensure_topics(settings, ["intake"])
    await publish_all(relay(bed, settings))
    assert set(await read_topic(settings, "intake")) == set(await bed.intake.log.read_page(after=0))
    assert "has lost records" in caplog.text


async def test_a_topic_that_is_emptied_under_a_running_relay_is_filled_again(bed: Bed, settings: KafkaSettings) -> None:
    written = await write_some(bed.intake, streams=3)
    active, stop = Relay(bed.intake.log.pool, "intake", settings, holder="one", pace=EAGER), asyncio.Event()
    task = asyncio.create_task(active.run(stop))
    await until(lambda: _published(bed))
    await delete_topics(settings, ["intake"])
    await ensure_topics(settings, ["intake"])
    written += await write(bed.intake, stream(1), Filed(number=9))

    async def filled() -> bool:
        return set(await read_topic(settings, "intake")) == set(written)

    await until(filled)
    stop.set()
    await task


async def test_a_producer_that_failed_is_replaced(bed: Bed, settings: KafkaSettings) -> None:
    first = await write_some(bed.intake, streams=3)
    active = relay(bed, settings)
    await active.step()
    producer = active._publisher._producer
    assert producer is not None
    await producer.stop()
    late = await write(bed.intake, stream(1), Filed(number=9))
    stop = asyncio.Event()
    task = asyncio.create_task(active.run(stop))
    await until(lambda: _published(bed))
    stop.set()
    await task
    assert set(await read_topic(settings, "intake")) == set(first + late)


@pytest.mark.parametrize(("rewritten", "code"), [(False, "log-behind"), (True, "log-diverged")])
async def test_a_relay_whose_log_came_back_behind_the_topic_stands_still(
    bed: Bed, settings: KafkaSettings, rewritten: bool, code: str
) -> None:
    written = await write_some(bed.intake, streams=3)
    await publish_all(relay(bed, settings))
    await wipe(bed.databases, "intake", after=5)
    if rewritten:
        await write(bed.intake, stream(20), *(Filed(number=n) for n in range(len(written))))
    late = relay(bed, settings)
    with pytest.raises(LogBehindBus):
        await late.step()
    await late.close()
    assert await bed.intake.log.pool.fetchval("SELECT stopped FROM log.head") == code
    assert _by_position(await read_topic(settings, "intake")) == written


def _by_position(events: list[Recorded]) -> list[Recorded]:
    return sorted(events, key=lambda event: event.position)


async def _published(bed: Bed) -> bool:
    position: int = await bed.intake.log.pool.fetchval("SELECT position FROM log.relay")
    return position == await bed.intake.log.head()
