"""What a full measurement does, and what a quick one does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.store.workload import Workload

OURS = ("ours", "ours-idempotent")
PEERS = ("eventsourcing-safe", "eventsourcing-fast", "message-db", "emmett", "umadb")
ALL = (*OURS, *PEERS)
# With one process our log has one writing connection: only several show whether order and completeness hold between
# connections, which the pools of the others have anyway.
SEVERAL_PROCESSES = ("ours", *PEERS)
REPLAYED = ("ours", "eventsourcing-safe", "message-db", "emmett", "umadb")


@dataclass(frozen=True)
class Plan:
    """Workloads with the stores that take part, and the sizes of the other measurements. Times in seconds."""

    appends: Sequence[tuple[Workload, Sequence[str]]]
    rounds: int
    replay_events: int
    replay_rounds: int
    replay_s: float
    volume_sizes: Sequence[int]
    volume_rounds: int
    volume_workloads: Sequence[tuple[Workload, bool]]


FULL = Plan(
    appends=[
        (Workload(callers=1), ALL),
        (Workload(callers=8), ALL),
        (Workload(callers=32), ALL),
        (Workload(callers=96), ALL),
        (Workload(callers=8, events=10), ALL),
        (Workload(callers=8, hot=True), ALL),
        (Workload(callers=16, processes=2), SEVERAL_PROCESSES),
    ],
    rounds=3,
    replay_events=1_000_000,
    replay_rounds=3,
    replay_s=4.0,
    volume_sizes=(10_000, 1_000_000, 10_000_000),
    volume_rounds=5,
    volume_workloads=[(Workload(callers=32, seconds=4.0), True), (Workload(callers=32, seconds=4.0), False)],
)


def quick_plan(plan: Plan) -> Plan:
    """Return a plan that touches everything once in less than a minute."""

    def short(workload: Workload) -> Workload:
        return replace(workload, warm_up_s=0.2, seconds=0.3)

    everybody, hot, several = plan.appends[1], plan.appends[5], plan.appends[6]
    chosen = [everybody, (hot[0], ("ours", "umadb")), (several[0], ("ours", "eventsourcing-fast"))]
    return replace(
        plan,
        appends=[(short(workload), stores) for workload, stores in chosen],
        rounds=1,
        replay_events=20_000,
        replay_rounds=1,
        replay_s=0.5,
        volume_sizes=(1_000, 20_000),
        volume_rounds=1,
        volume_workloads=[(short(workload), new) for workload, new in plan.volume_workloads],
    )


def rows_plan(plan: Plan, text: str) -> Plan:
    """Return one round of just the appends with this text in their titles; raises ValueError if none has it."""
    appends = [(workload, stores) for workload, stores in plan.appends if text in workload.title]
    if not appends:
        raise ValueError(f"no row has {text!r}: {', '.join(workload.title for workload, _ in plan.appends)}")
    return replace(plan, appends=appends, rounds=1, replay_rounds=0, volume_rounds=0)
