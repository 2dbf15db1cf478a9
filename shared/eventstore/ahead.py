"""Work done ahead of its use."""

import asyncio
from typing import Any


def drop(task: "asyncio.Task[Any] | None") -> None:
    """End a task whose result nobody wants any more, be it an error."""
    if task:
        task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
