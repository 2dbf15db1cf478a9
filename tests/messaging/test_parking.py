"""Parked sequences are drained head by head, without reading what waits behind and without holding others up."""

import json
from dataclasses import replace

from shared.kernel.ids import new_id
from shared.messaging import parking
from shared.messaging.local_bus import LocalBus
from shared.messaging.message import Message
from tests.messaging.bed import BRISK, CONSUMER, Bed, Copier, running, status_is, until
from tests.messaging.sample import Filed, stream, write
from tests.messaging.test_local_bus import dsns


async def consumed(bed: Bed, name: str, version: int) -> None:
    await bed.pool.execute(
        "INSERT INTO log.inbox (consumer, log, stream, version, event_id) VALUES ($1, 'intake', $2, $3, $4)",
        *(CONSUMER, name, version, new_id()),
    )


async def test_heads_whose_turn_and_time_have_come_are_due_and_nothing_else(bed: Bed) -> None:
    parked = {
        number: await write(bed.intake, stream(number), *(Filed(number=n) for n in range(3))) for number in range(4)
    }
    await parking.park(bed.pool, CONSUMER, parked[0])
    await parking.park(bed.pool, CONSUMER, parked[1][1:])  # waits for its first version
    await parking.park(bed.pool, CONSUMER, parked[2][:1], "RuntimeError", 3600.0)
    await parking.park(bed.pool, CONSUMER, parked[3][1:])
    await parking.park(bed.pool, "archive.other", parked[1])
    await consumed(bed, stream(3), 1)
    due = {(head.log, head.stream, head.version) for head in await parking.due_heads(bed.pool, CONSUMER)}
    assert due == {("intake", stream(0), 1), ("intake", stream(3), 2)}
    assert len(await parking.due_heads(bed.pool, CONSUMER, limit=1)) == 1
    assert await parking.count_parked(bed.pool, CONSUMER) == 8


async def test_a_head_is_claimed_once_and_the_next_one_follows_it(bed: Bed) -> None:
    events = await write(bed.intake, stream(0), Filed(number=1), Filed(number=2))
    await parking.park(bed.pool, CONSUMER, events)
    (head,) = await parking.due_heads(bed.pool, CONSUMER)
    assert await parking.claim(bed.pool, CONSUMER, head) == parking.Due(events[0], 1)
    assert await parking.claim(bed.pool, CONSUMER, head) is None
    assert await parking.due_heads(bed.pool, CONSUMER) == []
    assert await parking.claim(bed.pool, CONSUMER, head.next()) == parking.Due(events[1], 1)
    assert await parking.claim(bed.pool, CONSUMER, head.next().next()) is None


async def test_looking_for_heads_reads_no_row_behind_them(bed: Bed) -> None:
    await bed.pool.execute(
        "INSERT INTO log.parked (consumer, log, stream, version, position, event_id, type, schema_version, payload,"
        " metadata, recorded_at) SELECT $1, 'intake', s, n, n, gen_random_uuid(), 'Filed', 1, '', '', now()"
        " FROM generate_series(1, 2000) AS n, unnest($2::text[]) AS s",
        *(CONSUMER, [stream(1), stream(2)]),
    )
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {parking._DUE}"
    plan = json.loads(await bed.pool.fetchval(explain, CONSUMER, 256))[0]["Plan"]
    assert plan["Actual Rows"] == 2
    assert max(_rows(plan)) <= 3


def _rows(plan: dict[str, object]) -> list[float]:
    nodes = plan.get("Plans", [])
    assert isinstance(nodes, list)
    read = [plan[name] for name in ("Actual Rows", "Rows Removed by Filter") if name in plan]
    return [*(float(str(rows)) for rows in read), *(rows for node in nodes for rows in _rows(node))]


async def test_a_long_sequence_lets_other_streams_go_on_between_its_rounds(bed: Bed) -> None:
    parked = await write(bed.intake, stream(1), *(Filed(number=number) for number in range(1, 9)))
    await parking.park(bed.pool, CONSUMER, parked)

    async def write_another(message: Message) -> None:
        if message.recorded.version == 2 and message.recorded.stream == stream(1):
            await write(bed.intake, stream(2), Filed(number=99))

    copier = Copier(bed.target, after=write_another)
    one_a_round = replace(BRISK, drain_s=0.0, drain_for_s=0.0)
    async with (
        LocalBus(dsns(bed), holder="one") as bus,
        running(bed.pool, bus, copier.consumer(), pace=one_a_round),
    ):
        await until(lambda: _all_taken(bed))
    numbers = [copy.number for copy in await bed.copies()]
    assert [number for number in numbers if number != 99] == list(range(1, 9))
    assert numbers.index(99) < numbers.index(8)


async def _all_taken(bed: Bed) -> bool:
    return len(await bed.copies()) == 9


async def test_what_a_stopped_log_refuses_waits_until_it_is_whole(bed: Bed) -> None:
    (event,) = await write(bed.intake, stream(0), Filed(number=1))
    copier = Copier(bed.target, poison={event.event_id})
    await bed.pool.execute("SELECT log.set_stopped('log-behind')")
    async with LocalBus(dsns(bed), holder="one") as bus, running(bed.pool, bus, copier.consumer()) as runner:
        await status_is(runner, lambda status: (status.state, status.code) == ("failing", "LogStopped"))
        assert await parking.count_parked(bed.pool, CONSUMER) == 0
        copier.poison.clear()
        await bed.pool.execute("SELECT log.set_stopped(NULL)")
        await bed.dealt_with(bus, CONSUMER)
    assert [copy.source for copy in await bed.copies()] == [event.event_id]
