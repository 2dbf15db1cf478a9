"""The counters of the store measurement count what they name, and can all be more than 0."""

from bench.store.correctness import Verdict, judge
from bench.store.port import Delivered

STORED = [
    Delivered("a1", "a", 1),
    Delivered("b1", "b", 1),
    Delivered("a2", "a", 2),
    Delivered("a3", "a", 3),
]
IDS = [event.event for event in STORED]


def test_a_whole_trace_is_clean() -> None:
    verdict = judge(IDS, STORED, STORED)
    assert verdict == Verdict(stored=4, delivered=4)
    assert verdict.clean


def test_streams_may_be_interleaved_in_any_way() -> None:
    assert judge(IDS, STORED, [STORED[0], STORED[2], STORED[3], STORED[1]]).clean


def test_an_event_that_was_passed_over_is_missed() -> None:
    verdict = judge(IDS, STORED, [STORED[0], STORED[1], STORED[3]])
    assert verdict == Verdict(stored=4, delivered=3, missed=1)
    assert not verdict.clean


def test_an_event_that_came_twice_is_duplicated_and_no_order_violation() -> None:
    verdict = judge(IDS, STORED, [*STORED, STORED[0]])
    assert verdict == Verdict(stored=4, delivered=5, duplicated=1)
    assert not verdict.clean


def test_an_event_that_came_after_its_successor_is_an_order_violation() -> None:
    verdict = judge(IDS, STORED, [STORED[2], STORED[1], STORED[0], STORED[3]])
    assert verdict == Verdict(stored=4, delivered=4, order_violations=1)
    assert not verdict.clean


def test_an_acknowledged_event_that_does_not_stand_is_lost() -> None:
    verdict = judge([*IDS, "c1"], STORED, STORED)
    assert verdict == Verdict(stored=4, delivered=4, lost=1)
    assert not verdict.clean


def test_an_id_that_stands_twice_is_duplicated_though_the_reader_saw_it_once() -> None:
    assert judge(IDS, [*STORED, Delivered("a1", "c", 1)], STORED).duplicated == 1


def test_verdicts_of_rounds_add_up() -> None:
    assert Verdict(1, 2, 3, 4, 5, 6) + Verdict(10, 20, 30, 40, 50, 60) == Verdict(11, 22, 33, 44, 55, 66)
