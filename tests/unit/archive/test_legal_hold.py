"""A legal hold: whichever was first, it or the erasure, has won; and it is not lifted by who placed it."""

from dataclasses import replace

from services.archive.domain.legal_hold.decisions import DECIDER
from services.archive.domain.legal_hold.events import ErasureCleared, ErasureHeld, HoldPlaced, HoldReleased
from tests.support.builders import CONSIDER_ERASURE, PLACE_HOLD, RELEASE_HOLD, an_id
from tests.support.given import given, history
from tests.unit.machines import Machine, table

HELD = [PLACE_HOLD]
FREE = [*HELD, RELEASE_HOLD]
MACHINE = Machine(
    title="保全 legal_hold (archive)",
    decider=DECIDER,
    ways={"none": [], "held": HELD, "free": FREE},
    commands={
        "PlaceHold": replace(PLACE_HOLD, ground="audit"),
        "ReleaseHold": replace(RELEASE_HOLD, by="issuer#leader-03"),
        "ConsiderErasure": CONSIDER_ERASURE,
    },
)
TABLE = table("""
PlaceHold       | → held                      | none free
PlaceHold       | legal-hold-already-placed   | held
ReleaseHold     | legal-hold-unknown          | none
ReleaseHold     | → free                      | held
ReleaseHold     | legal-hold-already-released | free
ConsiderErasure | → free                      | none
ConsiderErasure | ✓                           | held free
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestPlace:
    def test_comes_again_after_a_release(self) -> None:
        given(DECIDER, history(DECIDER, *FREE)).when(PLACE_HOLD).then_types(HoldPlaced)


class TestRelease:
    def test_is_not_done_by_who_placed_it(self) -> None:
        held = history(DECIDER, *HELD)
        for by in (PLACE_HOLD.by, PLACE_HOLD.by.upper()):
            given(DECIDER, held).when(replace(RELEASE_HOLD, by=by)).then_rejected("hold-released-by-who-placed-it")
        given(DECIDER, held).when(RELEASE_HOLD).then_types(HoldReleased)

    def test_needs_a_hold(self) -> None:
        cleared = history(DECIDER, CONSIDER_ERASURE)
        given(DECIDER, cleared).when(RELEASE_HOLD).then_rejected("legal-hold-unknown")


class TestConsider:
    def test_refuses_and_writes_it_down_once(self) -> None:
        held = history(DECIDER, *HELD)
        given(DECIDER, held).when(CONSIDER_ERASURE).then_types(ErasureHeld)
        given(DECIDER, history(DECIDER, *HELD, CONSIDER_ERASURE)).when(CONSIDER_ERASURE).then_nothing()

    def test_clears_nothing_that_is_only_asked_for(self) -> None:
        given(DECIDER).when(replace(CONSIDER_ERASURE, final=False)).then_nothing()

    def test_clears_after_the_release_what_was_refused_before(self) -> None:
        told = history(DECIDER, *HELD, CONSIDER_ERASURE, RELEASE_HOLD)
        given(DECIDER, told).when(CONSIDER_ERASURE).then_types(ErasureCleared)

    def test_does_not_take_back_what_was_cleared(self) -> None:
        too_late = history(DECIDER, CONSIDER_ERASURE, PLACE_HOLD)
        given(DECIDER, too_late).when(CONSIDER_ERASURE).then_nothing()
        given(DECIDER, too_late).when(replace(CONSIDER_ERASURE, erasure_id=an_id(302))).then_types(ErasureHeld)
