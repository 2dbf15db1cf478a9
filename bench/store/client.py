"""A client process of a store: `python -m bench.store.client write|follow|replay <store>`.

It reads one line of JSON, says `ready`, and waits for a word; what it found goes to the file that the line names.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

import uvloop

from bench.store.catalogue import store_of
from bench.store.port import PAGE, Client, Delivered
from bench.store.workload import Caller, Outcome, Window, Workload, run_tasks, run_threads

POLL_S = 0.005

Order: TypeAlias = dict[str, Any]
Found: TypeAlias = dict[str, Any]


def say(word: str) -> None:
    """Tell the parent."""
    print(word, flush=True)


async def write(client: Client, order: Order) -> Found:
    """Append as the workload says; the parent opens the window once everybody is warm."""
    workload = Workload(**order["workload"])
    window, outcome = Window(), Outcome()
    async with client.writer(order["address"], workload.callers) as writer:
        callers = [Caller(n, workload, writer, window, outcome) for n in range(workload.callers)]
        timekeeper = threading.Thread(target=keep_time, args=(workload, window, outcome))
        timekeeper.start()
        if client.blocking:
            run_threads(callers)
        else:
            await run_tasks(callers)
        timekeeper.join()
        say("done")
        sys.stdin.readline()  # the parent looks at what we have used, while we are still here
    outcome.seconds = (window.ended_ns - window.begun_ns) / 1e9
    return vars(outcome)


def keep_time(workload: Workload, window: Window, outcome: Outcome) -> None:
    """Open the window, and close it in time, or once an append was answered in it."""
    time.sleep(workload.warm_up_s)
    say("ready")
    sys.stdin.readline()
    window.open()
    time.sleep(workload.seconds)
    while not (outcome.nanoseconds or outcome.refused):
        time.sleep(POLL_S)
    window.close()


async def follow(client: Client, order: Order) -> Found:
    """Read on until the parent says how many events stand, and then until they are there or nothing more comes."""
    delivered: list[Delivered] = []
    seen: set[str] = set()
    told: list[int] = []
    failed = None
    async with client.reader(order["address"]) as reader:
        say("ready")
        threading.Thread(target=lambda: told.append(int(sys.stdin.readline())), daemon=True).start()
        grown = time.monotonic()
        while not (told and (len(seen) >= told[0] or time.monotonic() > grown + order["quiet_s"])):
            try:
                page = await reader.page()
            except Exception as error:
                failed = f"{type(error).__name__}: {error}"
                break
            delivered += page
            seen.update(event.event for event in page)
            if page or not told:
                grown = time.monotonic()
            if len(page) < PAGE:
                time.sleep(POLL_S)  # noqa: ASYNC251 - nothing else runs here
    return {"delivered": delivered, "failed": failed}


async def replay(client: Client, order: Order) -> Found:
    """Read the store from its beginning to its end, or for so many seconds."""
    events, begun = 0, time.perf_counter()
    async for count in client.replays(order["address"], order["kind"]):
        events += count
        if time.perf_counter() - begun > order["seconds"]:
            break
    return {"events": events, "seconds": time.perf_counter() - begun}


ROLES: dict[str, Callable[[Client, Order], Coroutine[Any, Any, Found]]] = {
    "write": write,
    "follow": follow,
    "replay": replay,
}


def main() -> None:
    """Play one role on the event loop that the platform uses."""
    role, key, order = ROLES[sys.argv[1]], sys.argv[2], json.loads(sys.stdin.readline())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(role(store_of(key), order))
    Path(order["result"]).write_text(json.dumps(found))
    say("written")


if __name__ == "__main__":
    main()
