"""Pauses that end at once when the process is told to stop, and that grow while there is no success."""

import asyncio
from contextlib import suppress


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait `seconds`, or until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


class Backoff:
    """Seconds to wait next: from `shortest`, doubled every time, up to `longest`; `reset()` begins again."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest, self._longest = shortest, longest
        self._next = shortest

    def reset(self) -> None:
        """Begin again with the shortest pause."""
        self._next = self._shortest

    def next(self) -> float:
        """Return this pause, in seconds."""
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        return seconds


def monotonic() -> float:
    """Return seconds on the event loop's clock, which only measures intervals."""
    return asyncio.get_running_loop().time()


def is_stray(error: BaseException) -> bool:
    """Return whether a CancelledError came out of a library although nobody wants this task to end."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling()
