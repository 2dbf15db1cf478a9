"""Our log with large tables beside a small one: what an append costs when much stands already."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from bench.figures import spread
from bench.store.databases import execute
from bench.store.fills import STREAM_DEPTH
from bench.store.measure import Run, append
from bench.store.plan import Plan
from bench.store.port import Place, Servers, Store
from bench.store.workload import Workload


@dataclass(frozen=True)
class Volume:
    """One run on a table that held so many events before it."""

    new_streams: bool
    events: int
    run: Run


async def volumes(store: Store, servers: Servers, plan: Plan) -> AsyncIterator[Volume]:
    """Yield runs on the smallest table, made anew for each, and the larger ones in turn, a checkpoint before each."""
    smallest, *larger = plan.volume_sizes
    async with AsyncExitStack() as stack:
        tables = {events: await stack.enter_async_context(store.fresh(servers)) for events in larger}
        for events, table in tables.items():
            await store.fill(table.address, events)
        for workload, new_streams in plan.volume_workloads:
            for share in range(plan.volume_rounds):
                mixed = replace(workload, share=share, shares=plan.volume_rounds)
                async with store.fresh(servers) as small:
                    await store.fill(small.address, smallest)
                    yield await _volume(store, servers, small, mixed, new_streams, smallest)
                for events, table in tables.items():
                    yield await _volume(store, servers, table, mixed, new_streams, events)


def medians(found: list[Volume], events: int, new_streams: bool) -> tuple[float, float, float]:
    """Return appends per second and p50 and p99 in milliseconds, each the median of its runs."""
    runs = [one.run for one in found if one.events == events and one.new_streams == new_streams]
    return (
        spread(run.appends_per_s for run in runs).median,
        spread(run.latency.p50 for run in runs).median,
        spread(run.latency.p99 for run in runs).median,
    )


async def _volume(
    store: Store, servers: Servers, place: Place, workload: Workload, new_streams: bool, events: int
) -> Volume:
    if not new_streams:
        workload = replace(workload, existing=events // STREAM_DEPTH, depth=STREAM_DEPTH)
    await execute(servers.postgres.dsn, "CHECKPOINT")
    run, _ = await append(store, workload, servers, place)
    return Volume(new_streams, events, run)
