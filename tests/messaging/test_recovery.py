"""A log that lost its end gets it back from the topic byte by byte, by an operator's decision that is an event."""

import asyncpg
import pytest

from shared.eventstore.transact import Cause
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.recovery import RecoveryRefused, examine, recover
from shared.messaging.relay import Relay
from shared.messaging.topics import ensure_topics
from tests.messaging.bed import Bed, administrator, wipe
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
    assert await bed.intake.log.pool.fetchval("SELECT stopped FROM log.relay") is None


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
    assert await bed.intake.log.head() == 6 < len(written)


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
