"""The harness runs our log: processes, window, reader and verdict are those of `make bench-store`."""

from collections import Counter
from dataclasses import replace

from bench.figures import Latency
from bench.store.catalogue import store_of
from bench.store.correctness import Verdict
from bench.store.measure import Run, append, run_once
from bench.store.port import Servers
from bench.store.replaying import Way, replay_once
from bench.store.tables import NOT_RANKED, append_ratios, append_table
from bench.store.workload import Workload

SHORT = Workload(callers=4, warm_up_s=0.1, seconds=0.2)
RUN = Run(100.0, 30, Latency(1.0, 2.0), 0, 0.3, 3000, Verdict(stored=30, delivered=30))


async def test_our_log_misses_nothing_between_two_processes_and_in_a_hot_stream(servers: Servers) -> None:
    ours = store_of("ours-idempotent")
    await ours.prepare(servers)
    for workload in (replace(SHORT, processes=2, events=3), replace(SHORT, hot=True)):
        run = await run_once(ours, workload, servers)
        assert run.verdict.clean
        assert not run.refused
        assert run.reader_failed is None
        assert run.verdict.delivered == run.verdict.stored >= run.events > 0
        assert run.verdict.stored % workload.events == 0
        assert run.appends_per_s > 0
        assert run.latency.p99 >= run.latency.p50 > 0
        assert run.cpu_s > 0
        assert run.wal_bytes


async def test_a_filled_log_can_be_replayed_and_appended_to(servers: Servers) -> None:
    ours = store_of("ours")
    await ours.prepare(servers)
    async with ours.fresh(servers) as filled:
        await ours.fill(filled.address, 2_000)
        assert len(await ours.stored(filled.address)) == 2_000
        for kind, title in ours.replay_kinds:
            assert await replay_once(Way(ours, filled, kind, title), 5.0) > 0
        workload = replace(SHORT, existing=200, depth=10)
        run, acknowledged = await append(ours, workload, servers, filled)
        assert not run.refused
        assert run.conflicts == 0
        assert len(await ours.stored(filled.address)) == 2_000 + len(acknowledged)


def test_a_store_that_misses_is_listed_and_not_ranked() -> None:
    found = {
        "ours": [RUN],
        "eventsourcing-safe": [replace(RUN, appends_per_s=10.0)],
        "lossy": [replace(RUN, appends_per_s=900.0, verdict=Verdict(stored=30, delivered=29, missed=1))],
        "umadb": [replace(RUN, appends_per_s=50.0)],
    }
    titles = {key: key for key in found}
    unsafe = {key for key, runs in found.items() if not all(run.verdict.clean for run in runs)}
    rows = {row["store"]: row for row in append_table(SHORT, found, titles, unsafe).rows}
    assert {name: row["rank"] for name, row in rows.items()} == {
        "lossy": NOT_RANKED,
        "ours": 1,
        "umadb": 2,
        "eventsourcing-safe": 3,
    }
    assert rows["lossy"]["missed"] == 1
    assert list(append_ratios(SHORT, found, titles, unsafe).values()) == [10.0, 2.0]


def test_a_refused_append_is_shown_and_takes_no_rank_away() -> None:
    runs = [RUN, replace(RUN, refused=Counter(PoolTimeout=1))]
    row = append_table(SHORT, {"umadb": runs}, {"umadb": "umadb"}, set()).rows[0]
    assert (row["rank"], row["rounds"], row["refused"]) == (1, 2, "1 PoolTimeout")
