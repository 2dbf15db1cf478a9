"""The published fold of an event stream."""

from typing import ClassVar

from shared.kernel.events import Event
from shared.kernel.representation import represent


class LanternHung(Event):
    """A lantern on its hook."""

    leads_to: ClassVar[str | None] = "dark"
    sets: ClassVar[tuple[str, ...]] = ("street",)
    street: str
    hook: int


class MothSeen(Event):
    """A visitor, which changes nothing of the lantern itself."""

    appends_to: ClassVar[str | None] = "moths"
    wings: int


class LanternLit(Event):
    """Light."""

    leads_to: ClassVar[str | None] = "lit"


def test_takes_the_state_that_the_last_event_led_to() -> None:
    assert represent([LanternHung(street="妙高", hook=7), LanternLit(), MothSeen(wings=2)]) == {
        "state": "lit",
        "version": 3,
        "street": "妙高",
        "moths": [{"wings": 2}],
    }


def test_appends_every_payload_in_order() -> None:
    document = represent([MothSeen(wings=2), MothSeen(wings=4)])
    assert document["moths"] == [{"wings": 2}, {"wings": 4}]


def test_of_nothing_is_version_zero() -> None:
    assert represent([]) == {"state": None, "version": 0}
