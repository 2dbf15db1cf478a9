"""Runs a program of ours that kills itself with SIGKILL at a named point: `python -m tests.faults.dying POINT …`.

What follows the point is the command line of `rongcuo`.
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


def arm(point: Point) -> None:
    """Let this process die when it comes to `point` for the first time."""
    match point:
        case "taken-over" | "acknowledged":
            mock.patch.object(worker, "Relay", functools.partial(Relay, hook=_at(point))).start()
        case "appending":
            mock.patch.object(Appender, "append", _before).start()
        case "appended":
            mock.patch.object(Appender, "append", _after(Appender.append)).start()
        case "moved":
            mock.patch.object(Places, "move", _after(Places.move)).start()


def _at(wanted: str) -> Callable[[str], Awaitable[None]]:
    async def hook(point: str) -> None:
        if point == wanted:
            die()

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
    point = sys.argv.pop(1)
    assert point in get_args(Point)
    arm(point)  # type: ignore[arg-type]
    cli.main()
