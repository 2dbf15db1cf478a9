"""What every bus owes its consumers; a test module subclasses `BusConformance` and gives the fixture `carrier`."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

import pytest
from pydantic import create_model

from shared.kernel.ids import new_id
from shared.kernel.recorded import Recorded
from shared.messaging import parking
from shared.messaging.bus import Bus
from shared.messaging.discard import NothingParked, discard
from shared.messaging.message import Message
from tests.messaging.bed import BRISK, CONSUMER, LOGS, SINK, Bed, Copier, killed, running, sink, status_is, until
from tests.messaging.interference import Interference
from tests.messaging.sample import Filed, Shelved, stream, write, write_some


class Carrier(Protocol):
    """A bus under test."""

    def bus(self, member: str = "one") -> AbstractAsyncContextManager[Bus]:
        """Open the bus for one member."""
        ...

    async def carry(self) -> None:
        """Let everything that was written reach the bus."""
        ...


def filed(events: Sequence[Recorded]) -> list[Recorded]:
    return [event for event in events if event.type == "Filed"]


class BusConformance:
    """The cases; every one runs on a fresh set of databases."""

    async def test_every_public_event_takes_effect_once_in_the_order_of_its_stream(
        self, bed: Bed, carrier: Carrier
    ) -> None:
        written = await write_some(bed.intake) + await write_some(bed.sources["adjudication"], streams=3)
        await carrier.carry()
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        copies = [copy.source for copy in await bed.copies()]
        assert sorted(copies) == sorted(event.event_id for event in filed(written))
        for name in {event.stream for event in written}:
            for log in LOGS:
                mine = [e.event_id for e in filed(written) if (e.log, e.stream) == (log, name)]
                assert [source for source in copies if source in mine] == mine

    async def test_watermarks_also_move_over_private_events(self, bed: Bed, carrier: Carrier) -> None:
        written = await write(bed.intake, stream(1), Filed(number=1), Shelved(note="a"), Shelved(note="b"))
        await carrier.carry()
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        row = await bed.pool.fetchrow("SELECT version, event_id FROM log.inbox WHERE consumer = $1", CONSUMER)
        assert row is not None
        assert tuple(row) == (3, written[-1].event_id)

    async def test_a_sink_takes_every_event_of_all_logs_once(self, bed: Bed, carrier: Carrier) -> None:
        written = await write_some(bed.intake) + await write_some(bed.sources["adjudication"], streams=3)
        await carrier.carry()
        async with carrier.bus() as bus, running(bed.pool, bus, sink()):
            await bed.dealt_with(bus, SINK)
        assert sorted(await bed.seen()) == sorted(event.event_id for event in written)

    async def test_what_is_delivered_again_has_no_second_effect(self, bed: Bed, carrier: Carrier) -> None:
        await write_some(bed.intake, streams=3)
        await carrier.carry()
        for _ in range(2):
            async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer(), sink()):
                await bed.dealt_with(bus, CONSUMER)
                await bed.dealt_with(bus, SINK)
            await bed.pool.execute("DELETE FROM log.places")
        copies, seen = await bed.copies(), await bed.seen()
        assert len(copies) == len(set(copies)) == 9
        assert len(seen) == len(set(seen)) == 12

    async def test_a_second_start_goes_on_behind_the_remembered_places(self, bed: Bed, carrier: Carrier) -> None:
        await write_some(bed.intake, streams=3)
        await carrier.carry()
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        await bed.pool.execute("DELETE FROM log.inbox")  # so that any event that is read again is a hole or an effect
        (late,) = await write(bed.intake, stream(19), Filed(number=99))
        await carrier.carry()
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        copies = await bed.copies()
        assert len(copies) == 10
        assert copies[-1].source == late.event_id

    async def test_a_consumer_killed_before_its_effect_makes_up_for_it(self, bed: Bed, carrier: Carrier) -> None:
        await write(bed.intake, stream(1), Filed(number=1))
        await carrier.carry()
        reached = asyncio.Event()

        async def hang(_message: Message) -> None:
            reached.set()
            await asyncio.Event().wait()

        async with carrier.bus() as bus, killed(bed.pool, bus, Copier(bed.target, before=hang).consumer()):
            await asyncio.wait_for(reached.wait(), 30)
        assert await bed.copies() == []
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        assert len(await bed.copies()) == 1

    async def test_a_consumer_killed_between_effect_and_place_does_not_repeat_it(
        self, bed: Bed, carrier: Carrier
    ) -> None:
        await write(bed.intake, stream(1), Filed(number=1))
        await carrier.carry()
        reached = asyncio.Event()

        async def hang(_message: Message) -> None:
            reached.set()
            await asyncio.Event().wait()

        async with carrier.bus() as bus, killed(bed.pool, bus, Copier(bed.target, after=hang).consumer()):
            await asyncio.wait_for(reached.wait(), 30)
        assert await bed.pool.fetchval("SELECT count(*) FROM log.places") == 0
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        assert len(await bed.copies()) == 1

    async def test_an_outage_is_waited_out_and_nothing_is_parked_or_skipped(self, bed: Bed, carrier: Carrier) -> None:
        await write_some(bed.intake, streams=3)
        await carrier.carry()
        async with (
            carrier.bus() as bus,
            running(bed.pool, bus, Copier(bed.target, outages=5).consumer()) as runner,
        ):
            await bed.dealt_with(bus, CONSUMER)
            status = await status_is(runner, lambda status: status.state == "running")
        assert (status.code, len(await bed.copies())) == ("Overloaded", 9)
        assert await parking.list_parked(bed.pool) == []

    async def test_poison_is_parked_with_its_stream_while_others_go_on(self, bed: Bed, carrier: Carrier) -> None:
        bad, *_ = await write(bed.intake, stream(1), Filed(number=1), Shelved(note="x"), Filed(number=2))
        good = await write(bed.intake, stream(2), Filed(number=3), Filed(number=4))
        await carrier.carry()
        copier = Copier(bed.target, poison={bad.event_id})
        async with carrier.bus() as bus, running(bed.pool, bus, copier.consumer()) as runner:
            await bed.dealt_with(bus, CONSUMER)
            assert [copy.source for copy in await bed.copies()] == [event.event_id for event in good]
            (sequence,) = await parking.list_parked(bed.pool, CONSUMER)
            assert (sequence.stream, sequence.from_version, sequence.to_version) == (bad.stream, 1, 3)
            assert (sequence.error, sequence.waits_for) == ("RuntimeError", None)
            assert (await status_is(runner, lambda status: status.parked == 3)).state == "running"

            copier.poison.clear()
            assert await parking.retry(bed.pool, CONSUMER, "intake", bad.stream)
            await until(lambda: _is_empty(bed))
        assert [copy.number for copy in await bed.copies()] == [3, 4, 1, 2]

    async def test_a_parked_head_is_tried_again_by_itself(self, bed: Bed, carrier: Carrier) -> None:
        (bad,) = await write(bed.intake, stream(1), Filed(number=1))
        await carrier.carry()
        copier = Copier(bed.target, poison={bad.event_id})
        pace = replace(BRISK, tiers_s=(0.01, 0.02, 0.03))
        async with carrier.bus() as bus, running(bed.pool, bus, copier.consumer(), pace=pace):
            await until(lambda: _has_given_up(bed))
        (sequence,) = await parking.list_parked(bed.pool)
        assert sequence.attempts == len(pace.tiers_s)

    async def test_a_sink_parks_only_the_stream_of_a_poison_event(self, bed: Bed, carrier: Carrier) -> None:
        written = await write_some(bed.intake, streams=4)
        bad = next(event for event in written if (event.stream, event.version) == (stream(2), 2))
        await carrier.carry()
        poison = {bad.event_id}
        async with carrier.bus() as bus, running(bed.pool, bus, sink(poison)):
            await bed.dealt_with(bus, SINK)
            kept_back = {event.event_id for event in written if event.stream == bad.stream and event.version >= 2}
            assert set(await bed.seen()) == {event.event_id for event in written} - kept_back
            poison.clear()
            await parking.retry(bed.pool, SINK, "intake", bad.stream)
            await until(lambda: _is_empty(bed))
        assert sorted(await bed.seen()) == sorted(event.event_id for event in written)

    async def test_a_discard_is_an_event_and_lets_the_stream_go_on(self, bed: Bed, carrier: Carrier) -> None:
        bad, *_ = await write(bed.intake, stream(1), Filed(number=1), Filed(number=2))
        await carrier.carry()
        copier = Copier(bed.target, poison={bad.event_id})
        cause = Message(bad, CONSUMER).cause("operator")
        async with carrier.bus() as bus, running(bed.pool, bus, copier.consumer()):
            await bed.dealt_with(bus, CONSUMER)
            place = (CONSUMER, "intake", bad.stream)
            await discard(bed.target, cause, *place, reason="superseded", to_version=1)
            await until(lambda: _is_empty(bed))
        assert [copy.number for copy in await bed.copies()] == [2]
        page = await bed.target.log.read_page(after=0)
        (decision,) = [event for event in page if event.type == "ParkedSequenceDiscarded"]
        assert decision.category == "parking"
        with pytest.raises(NothingParked):
            await discard(bed.target, cause, *place, reason="superseded")

    async def test_events_behind_a_hole_wait_and_then_follow_in_order(self, bed: Bed, carrier: Carrier) -> None:
        written = await write(bed.intake, stream(1), *(Filed(number=number) for number in range(4)))
        other = await write(bed.intake, stream(2), Filed(number=9))
        await carrier.carry()
        async with carrier.bus() as inner:
            bus = Interference(inner, written[1].event_id)
            async with running(bed.pool, bus, Copier(bed.target).consumer()):
                await bed.dealt_with(bus, CONSUMER)
                (sequence,) = await parking.list_parked(bed.pool)
                assert (sequence.from_version, sequence.to_version, sequence.waits_for) == (3, 4, 2)
                assert {copy.source for copy in await bed.copies()} == {written[0].event_id, other[0].event_id}
                bus.release()
                await until(lambda: _is_empty(bed))
        numbers = [copy.number for copy in await bed.copies()]
        assert [number for number in numbers if number < 9] == [0, 1, 2, 3]

    async def test_another_event_under_a_known_version_stops_the_consumer(self, bed: Bed, carrier: Carrier) -> None:
        (event,) = await write(bed.intake, stream(1), Filed(number=1))
        await carrier.carry()
        await bed.pool.execute(
            "INSERT INTO log.inbox (consumer, log, stream, version, event_id) VALUES ($1, 'intake', $2, 1, $3)",
            *(CONSUMER, event.stream, new_id()),
        )
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer(), sink()) as runner:
            status = await status_is(runner, lambda status: status.state == "stopped")
            await bed.dealt_with(bus, SINK)
            assert await bed.lag(bus, CONSUMER) > 0
        assert (status.code, await bed.copies()) == ("WatermarkConflict", [])
        assert await bed.seen() == [event.event_id]

    async def test_two_members_give_every_event_one_effect(self, bed: Bed, carrier: Carrier) -> None:
        written = await write_some(bed.intake, streams=12)
        await carrier.carry()
        async with carrier.bus("one") as one, carrier.bus("two") as two:
            consumer = Copier(bed.target).consumer("intake")
            async with running(bed.pool, one, consumer), running(bed.pool, two, consumer):
                await bed.dealt_with(one, CONSUMER, ["intake"])
        assert sorted(copy.source for copy in await bed.copies()) == sorted(e.event_id for e in filed(written))

    async def test_a_silently_dead_subscription_is_rebuilt(self, bed: Bed, carrier: Carrier) -> None:
        await write_some(bed.intake, streams=2)
        await carrier.carry()
        async with carrier.bus() as inner:
            bus = Interference(inner, dead=1)
            pace = replace(BRISK, stuck_s=0.2)
            async with running(bed.pool, bus, Copier(bed.target).consumer(), pace=pace):
                await bed.dealt_with(bus, CONSUMER)
        assert bus.subscriptions >= 2
        assert len(await bed.copies()) == 6

    async def test_members_that_another_service_has_added_are_passed_over(self, bed: Bed, carrier: Carrier) -> None:
        newer = create_model("Filed", __base__=Filed, remark=(str, ...))
        (event,) = await write(bed.intake, stream(1), newer.model_validate({"number": 1, "remark": "补充"}))
        assert b"remark" in event.payload
        await carrier.carry()
        async with carrier.bus() as bus, running(bed.pool, bus, Copier(bed.target).consumer()):
            await bed.dealt_with(bus, CONSUMER)
        assert [(copy.source, copy.number) for copy in await bed.copies()] == [(event.event_id, 1)]
        assert await parking.list_parked(bed.pool) == []

    async def test_no_text_of_an_error_is_kept_or_logged(
        self, bed: Bed, carrier: Carrier, caplog: pytest.LogCaptureFixture
    ) -> None:
        (bad,) = await write(bed.intake, stream(1), Filed(number=1))
        await carrier.carry()
        async with (
            carrier.bus() as bus,
            running(bed.pool, bus, Copier(bed.target, poison={bad.event_id}).consumer()),
        ):
            await bed.dealt_with(bus, CONSUMER)
        assert str(bad.event_id) in caplog.text
        assert "must not be kept" not in caplog.text
        assert "must not be kept" not in str(await bed.pool.fetch("SELECT * FROM log.parked"))


async def _is_empty(bed: Bed) -> bool:
    return await parking.list_parked(bed.pool) == []


async def _has_given_up(bed: Bed) -> bool:
    parked = await parking.list_parked(bed.pool)
    return len(parked) == 1 and parked[0].next_attempt_at is None
