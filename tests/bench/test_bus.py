"""The counters of the bus measurement count what they name, and the stricter raw round trip is told apart."""

from bench.bus.delivered import Delivered, count
from bench.bus.latency import Journey, Watched
from bench.bus.tables import Ways, way_ratios, way_tables
from shared.kernel.ids import new_id

TOPIC = [(b"a1", b"a", 1), (b"b1", b"b", 1), (b"a2", b"a", 2), (b"a3", b"a", 3)]
IDS = {event for event, _, _ in TOPIC}
MS = 1_000_000


def test_a_whole_topic_has_nothing_to_count_but_what_was_delivered() -> None:
    assert count(TOPIC, IDS) == Delivered(delivered=4, missed=0, duplicated=0, order=0)


def test_a_record_that_is_not_there_is_missed() -> None:
    assert count([*TOPIC[:2], TOPIC[3]], IDS) == Delivered(delivered=3, missed=1, duplicated=0, order=0)


def test_a_record_that_stands_twice_is_duplicated_and_not_out_of_order() -> None:
    assert count([*TOPIC, TOPIC[0]], IDS) == Delivered(delivered=5, missed=0, duplicated=1, order=0)


def test_a_record_after_a_later_one_of_its_stream_is_out_of_order() -> None:
    assert count([TOPIC[2], TOPIC[1], TOPIC[0], TOPIC[3]], IDS) == Delivered(4, missed=0, duplicated=0, order=1)


def watched(total_ms: int, raw_ms: int) -> Watched:
    journey = Journey(committed=0, on_topic=1 * MS, decided=2 * MS, shown=total_ms * MS)
    return Watched({new_id(): journey}, [raw_ms * MS], {"PostgreSQL": 0.004})


def test_the_way_is_compared_with_the_idle_and_with_the_loaded_round_trip() -> None:
    ways = Ways(
        kafka=[watched(10, 5), watched(12, 4), watched(20, 6)],
        idle=[[3 * MS], [2 * MS], [9 * MS]],
        local=[watched(4, 1)],
    )
    ratios = way_ratios(ways)
    assert ratios["commit to another service's read model / idle raw Kafka round trip, p99"] == 4.0
    assert ratios["commit to another service's read model / raw Kafka round trip beside it, p99"] == 2.4
    total, hops, cost = way_tables(ways)
    assert [(row["p99 ms"], row["p99 low"], row["p99 high"], row["samples"]) for row in total.rows[:2]] == [
        (12.0, 10.0, 20.0, 3),
        (3.0, 2.0, 9.0, 3),
    ]
    assert [row["p50 ms"] for row in hops.rows] == [1.0, 1.0, 10.0]
    assert cost.rows == [{"": "PostgreSQL", "Kafka, ms": 4.0, "local bus, ms": 4.0}]
