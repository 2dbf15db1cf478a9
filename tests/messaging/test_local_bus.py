"""The bus without a broker keeps the promises of every bus, also when it interleaves and delivers again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random  # noqa: TID251 - seeded, in a test

import pytest

from shared.messaging.local_bus import LocalBus
from tests.messaging.bed import CONSUMER, LOGS, SINK, Bed, Copier, running, sink, status_is
from tests.messaging.conformance import BusConformance, filed
from tests.messaging.sample import write_some


@dataclass
class LocalCarrier:
    bed: Bed

    @asynccontextmanager
    async def bus(self, member: str = "one") -> AsyncIterator[LocalBus]:
        async with LocalBus(dsns(self.bed), holder=member) as bus:
            yield bus

    async def carry(self) -> None:
        pass


def dsns(bed: Bed) -> dict[str, str]:
    return {log: bed.databases.dsn(log, "bus") for log in LOGS}


class TestLocalBus(BusConformance):
    @pytest.fixture
    def carrier(self, bed: Bed) -> LocalCarrier:
        return LocalCarrier(bed)


async def test_a_consumer_whose_own_log_is_stopped_waits_and_parks_nothing(bed: Bed) -> None:
    written = await write_some(bed.intake, streams=3)
    await bed.pool.execute("SELECT log.set_stopped('log-behind')")
    async with (
        LocalBus(dsns(bed), holder="one") as bus,
        running(bed.pool, bus, Copier(bed.target).consumer()) as runner,
    ):
        await status_is(runner, lambda status: status.code == "LogStopped")
        assert await bed.copies() == []
        assert await bed.pool.fetchval("SELECT count(*) FROM log.parked") == 0
        await bed.pool.execute("SELECT log.set_stopped(NULL)")
        await bed.dealt_with(bus, CONSUMER)
    assert len(await bed.copies()) == len(filed(written))


@pytest.mark.parametrize("seed", range(4))
async def test_interleaved_and_repeated_delivery_has_every_effect_once_and_in_order(bed: Bed, seed: int) -> None:
    written = await write_some(bed.intake, streams=10, each=6)
    async with (
        LocalBus(dsns(bed), holder="one", chooser=Random(seed), page=20) as bus,
        running(bed.pool, bus, Copier(bed.target).consumer(), sink()),
    ):
        await bed.dealt_with(bus, CONSUMER)
        await bed.dealt_with(bus, SINK)
    seen = await bed.seen()
    assert sorted(seen) == sorted(event.event_id for event in written)
    copies = [copy.source for copy in await bed.copies()]
    assert sorted(copies) == sorted(event.event_id for event in filed(written))
    for name in {event.stream for event in written}:
        mine = [event.event_id for event in written if event.stream == name]
        assert [event_id for event_id in seen if event_id in mine] == mine
