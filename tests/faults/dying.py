"""Runs a program of ours that kills itself with SIGKILL at a named point, or stops there (SIGSTOP) until it may go on.

`python -m tests.faults.dying POINT …` or `… POINT:stop …`; what follows is the command line of `rongcuo`.
"""

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Literal, get_args
from unittest import mock

from rongcuo import cli
from shared.eventstore.appender import Appender
from shared.hosting import worker
from shared.messaging.places import Places
from shared.messaging.relay import Relay

Point = Literal["appending", "appended", "moved", "taken-over", "acknowledged"]
RELAY: tuple[Point, ...] = ("taken-over", "acknowledged")
"""Of the relay: the epoch is raised, nothing sent; the brokers have acknowledged, the checkpoint is not moved."""
CONSUMER: tuple[Point, ...] = ("appending", "appended", "moved")
"""Of a consumer: before its effect; its effect stands, the place is not moved; the place is moved."""
API: tuple[Point, ...] = ("appended",)
"""Of an API: the command stands, nobody is answered yet."""


def die() -> None:
    """End as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def stop() -> None:
    """Stand still until somebody lets this process go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


def arm(point: Point, end: Callable[[], None] = die) -> None:
    """Let this process die (at a point of the relay: `end`) when it comes to `point` for the first time."""
    match point:
        case "taken-over" | "acknowledged":
            mock.patch.object(worker, "Relay", functools.partial(Relay, hook=_at(point, end))).start()
        case "appending":
            mock.patch.object(Appender, "append", _before).start()
        case "appended":
            mock.patch.object(Appender, "append", _after(Appender.append)).start()
        case "moved":
            mock.patch.object(Places, "move", _after(Places.move)).start()


def _at(wanted: str, end: Callable[[], None]) -> Callable[[str], Awaitable[None]]:
    armed = [end]

    async def hook(point: str) -> None:
        if point == wanted and armed:
            armed.pop()()

    return hook


async def _before(*_: object, **__: object) -> None:
    die()


def _after(step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def dying(*arguments: Any, **options: Any) -> Any:
        done = await step(*arguments, **options)
        die()
        return done

    return dying


if __name__ == "__main__":
    point, _, stopping = sys.argv.pop(1).partition(":")
    assert point in get_args(Point)
    arm(point, stop if stopping else die)  # type: ignore[arg-type]
    cli.main()
