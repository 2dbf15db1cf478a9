"""Callers over keep-alive connections, in a process of their own, light enough not to be what is measured."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import cast

from rongcuo import serving

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answered:
    """What one load found: its whole time, the time of every request, and how many had which status."""

    seconds: float
    nanoseconds: list[int]
    statuses: dict[int, int]

    @property
    def good(self) -> int:
        """How many were answered with 2xx."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)


def load(port: int, shares: Sequence[Sequence[bytes]]) -> Answered:
    """Let one caller for each share send its requests to 127.0.0.1, the next when the last is answered.

    Raises ConnectionError when the server hangs up.
    """
    answers: list[Answered] = []

    async def drive() -> None:
        answers.append(await _drive(port, shares))

    serving.run(drive())
    return answers[0]


async def _drive(port: int, shares: Sequence[Sequence[bytes]]) -> Answered:
    loop = asyncio.get_running_loop()
    callers = [_Caller(iter(share)) for share in shares]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)  # type: ignore[misc]
    began = perf_counter_ns()
    for caller in callers:
        caller.send_next()
    await asyncio.gather(*(caller.done for caller in callers))
    ended = perf_counter_ns()
    for caller in callers:
        caller.transport.close()
    statuses = sum((caller.statuses for caller in callers), Counter[int]())
    return Answered((ended - began) / 1e9, [time for caller in callers for time in caller.times], dict(statuses))


class _Caller(asyncio.Protocol):
    """One connection; it reads of an answer only the status and how long it is."""

    transport: asyncio.Transport

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.times: list[int] = []
        self.statuses: Counter[int] = Counter()
        self._requests = requests
        self._received = b""
        self._sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server has hung up"))

    def send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            return
        self._sent = perf_counter_ns()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._received, 0, head)
        if length is None:
            raise ConnectionError("an answer without a content-length")
        if len(self._received) < head + 4 + int(length[1]):
            return
        self.times.append(perf_counter_ns() - self._sent)
        self.statuses[int(self._received[9:12])] += 1
        self._received = b""
        self.send_next()
