"""A log that lost its end gets it back from the topic byte by byte, by an operator's decision that is an event."""

import asyncio
import logging
from dataclasses import replace

import asyncpg
import pytest

from shared.eventstore.errors import LogStopped
from shared.eventstore.transact import Cause
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.messaging.checkpoint import CheckpointRefused, mark, take_over
from shared.messaging.evidence import LogBehindBus, stop_if_behind
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.recovery import RecoveryRefused, examine, recover
from shared.messaging.relay import Relay, RelayPace
from shared.messaging.topics import ensure_topics
from tests.messaging.bed import Bed, administrator, until, wipe
from tests.messaging.brokers import read_topic
from tests.messaging.sample import Filed, stream, write, write_some


async def publish(bed: Bed, settings: KafkaSettings) -> None:
    await ensure_topics(settings, ["intake"])
    relay = Relay(bed.intake.log.pool, "intake", settings, holder="one")
    while await relay.step():
        pass
    await relay.close()


async def run_recovery(bed: Bed, settings: KafkaSettings) -> None:
    cause = Cause(actor=system_actor("operator"), correlation=new_id())
    async with administrator(bed.databases, "intake") as owner:
        await owner.execute(f'SET ROLE "{bed.databases.role("owner")}"')
        await recover(bed.intake, owner, settings, cause, reason="backup-restored")


async def stopped(bed: Bed) -> str | None:
    reason: str | None = await bed.intake.log.pool.fetchval("SELECT stopped FROM log.head")
    return reason


async def test_a_log_behind_its_topic_gets_the_same_bytes_back_and_the_relay_goes_on(
    bed: Bed, settings: KafkaSettings
) -> None:
    written = await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await wipe(bed.databases, "intake", after=5)
    evidence = await examine(bed.intake.log, settings)
    assert (evidence.head, evidence.agreeing, len(evidence.missing)) == (5, 5, len(written) - 5)
    await run_recovery(bed, settings)

    restored = await bed.intake.log.read_page(after=0)
    assert [event.hash for event in restored[: len(written)]] == [event.hash for event in written]
    (decision,) = restored[len(written) :]
    assert (decision.type, decision.category) == ("LogRecovered", "operation")
    await write(bed.intake, stream(1), Filed(number=9))
    await publish(bed, settings)
    assert decision in await read_topic(settings, "intake")
    assert await stopped(bed) is None


async def test_a_log_that_the_relay_finds_behind_takes_nothing_until_it_is_recovered(
    bed: Bed, settings: KafkaSettings
) -> None:
    written = await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await wipe(bed.databases, "intake", after=5)
    relay, stop = (
        Relay(bed.intake.log.pool, "intake", settings, holder="one", pace=RelayPace(look_s=0.5)),
        asyncio.Event(),
    )
    running = asyncio.create_task(relay.run(stop))
    await until(lambda: _is(bed, "log-behind"))
    with pytest.raises(LogStopped):
        await write(bed.intake, stream(20), Filed(number=1))
    assert await bed.intake.log.head() == 5

    await run_recovery(bed, settings)
    (late,) = await write(bed.intake, stream(20), Filed(number=1))
    assert late.position == len(written) + 2  # behind LogRecovered

    async def published() -> bool:
        return late in await read_topic(settings, "intake")

    await until(published)
    assert relay.status().state == "publishing"
    stop.set()
    await running


async def test_a_process_that_starts_behind_the_topic_takes_nothing_from_its_first_moment(
    bed: Bed, settings: KafkaSettings
) -> None:
    await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await stop_if_behind(bed.intake.log, settings)
    assert await stopped(bed) is None
    await wipe(bed.databases, "intake", after=5)
    await stop_if_behind(bed.intake.log, settings)
    with pytest.raises(LogStopped):
        await write(bed.intake, stream(20), Filed(number=1))
    await run_recovery(bed, settings)
    await stop_if_behind(bed.intake.log, settings)
    await write(bed.intake, stream(20), Filed(number=1))


async def test_without_a_topic_to_compare_with_a_process_starts_and_says_so(
    bed: Bed, settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "shared.messaging.evidence"):
        await stop_if_behind(bed.intake.log, settings)
        await stop_if_behind(bed.intake.log, replace(settings, bootstrap="127.0.0.1:1"))
    told = [record.getMessage() for record in caplog.records if record.name == "shared.messaging.evidence"]
    assert [line.rsplit(" ", 1)[1] for line in told] == ["TopicMissing", "KafkaConnectionError"]
    assert await stopped(bed) is None


async def test_a_relay_that_saw_the_log_before_its_recovery_does_not_stop_it_again(
    bed: Bed, settings: KafkaSettings
) -> None:
    await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await wipe(bed.databases, "intake", after=5)
    late = await take_over(bed.intake.log.pool, "intake")
    await run_recovery(bed, settings)
    with pytest.raises(CheckpointRefused):
        await mark(bed.intake.log.pool, late, "log-behind")
    assert await stopped(bed) is None


async def test_recovering_again_changes_nothing(bed: Bed, settings: KafkaSettings) -> None:
    await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await wipe(bed.databases, "intake", after=5)
    await run_recovery(bed, settings)
    head = await bed.intake.log.head()
    await run_recovery(bed, settings)
    assert await bed.intake.log.head() == head


async def test_a_log_that_went_another_way_is_left_alone(bed: Bed, settings: KafkaSettings) -> None:
    written = await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await wipe(bed.databases, "intake", after=5)
    await write(bed.intake, stream(20), Filed(number=1))
    with pytest.raises(RecoveryRefused) as refused:
        await run_recovery(bed, settings)
    assert (refused.value.code, refused.value.position) == ("diverged", 6)
    assert "Restore a backup of the log that ends before it" in str(refused.value)
    assert await bed.intake.log.head() == 6 < len(written)


async def test_a_log_that_went_another_way_is_stopped_and_recovered_from_a_better_backup(
    bed: Bed, settings: KafkaSettings
) -> None:
    written = await write_some(bed.intake, streams=3)
    await publish(bed, settings)
    await wipe(bed.databases, "intake", after=5)
    await write(bed.intake, stream(20), Filed(number=1))
    with pytest.raises(LogBehindBus):
        await publish(bed, settings)
    with pytest.raises(LogStopped):
        await write(bed.intake, stream(20), Filed(number=2))
    with pytest.raises(RecoveryRefused):
        await run_recovery(bed, settings)
    assert await stopped(bed) == "log-behind"
    await wipe(bed.databases, "intake", after=4)
    await run_recovery(bed, settings)
    restored = await bed.intake.log.read_page(after=0)
    assert [event.hash for event in restored[: len(written)]] == [event.hash for event in written]


async def test_the_application_may_not_restore_events(bed: Bed) -> None:
    nothing: list[list[object]] = [[] for _ in range(9)]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await bed.intake.log.pool.execute("SELECT log.restore_events($1, $2, $3, $4, $5, $6, $7, $8, $9)", *nothing)


async def test_events_are_not_restored_over_a_hole(bed: Bed) -> None:
    first, _, third = await write(bed.intake, stream(1), *(Filed(number=n) for n in range(3)))
    await wipe(bed.databases, "intake", after=first.position)
    columns = [[getattr(third, name)] for name in ("position", "stream", "version", "event_id", "type")]
    columns += [[third.schema_version], [third.payload], [third.metadata], [third.recorded_at]]
    async with administrator(bed.databases, "intake") as owner:
        with pytest.raises(asyncpg.RaiseError, match="without a hole"):
            await owner.execute("SELECT log.restore_events($1, $2, $3, $4, $5, $6, $7, $8, $9)", *columns)


async def _is(bed: Bed, reason: str) -> bool:
    return await stopped(bed) == reason
