"""A process of its own that appends to the log of a DSN: `python -m tests.eventstore.writer DSN CALLERS APPENDS`."""

import asyncio
import sys

from shared.eventstore.appender import Appender
from tests.eventstore.samples import an_append


async def write(dsn: str, callers: int, appends: int) -> None:
    """Append from several callers at once and print the id of every event that was acknowledged."""

    async def caller(appender: Appender) -> None:
        for n in range(appends):
            append = an_append(count=n % 3 + 1)
            await appender.append(append, wait=True)
            sys.stdout.writelines(f"{event.event_id}\n" for event in append.events)

    async with Appender(dsn) as appender:
        await asyncio.gather(*(caller(appender) for _ in range(callers)))


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
