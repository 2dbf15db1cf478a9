"""Reading everything from the beginning: every store by its own feed, ours also into event objects."""

from dataclasses import dataclass

from bench.store.measure import client, order_for
from bench.store.port import Place, Store


@dataclass(frozen=True)
class Way:
    """One way to read a filled store."""

    store: Store
    place: Place
    kind: str
    title: str


async def replay_once(way: Way, seconds: float) -> float:
    """Read to the end, or for so many seconds; return events per second."""
    order = order_for(way.place) | {"kind": way.kind, "seconds": seconds}
    async with client(way.store, "replay", order) as reading:
        found = await reading.result()
    return float(found["events"] / found["seconds"])
