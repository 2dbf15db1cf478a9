"""Budgets of requests: a moving window of one minute for each caller and kind of request, kept in this process.

Written by hand because the memory storage of `limits` starts a thread every few milliseconds that walks over all
windows (11 to 44 µs a request were measured, this takes 2 µs) and never forgets a key.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hmac import digest
from ipaddress import IPv6Address, ip_address
from math import ceil
from secrets import token_bytes
from time import monotonic
from typing import Literal

from starlette.requests import Request

from shared.web.problems import Problem

WINDOW_S = 60
MOST_WINDOWS = 100_000
"""Windows that are kept; beyond it the idle ones are dropped, and if that is not enough, all."""
Kind = Literal["reads", "commands", "exports", "refusals"]
EXPORTS = ("application/x-ndjson", "text/event-stream")
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Budgets:
    """Requests a minute that one caller has in one process; 0: no limit. `refusals` are those of one address."""

    reads: int = 0
    commands: int = 0
    exports: int = 0
    refusals: int = 0


class RateLimits:
    """Counts requests. `clock` gives seconds that never go back."""

    def __init__(self, budgets: Budgets, clock: Callable[[], float] = monotonic) -> None:
        self.budgets = budgets
        self._clock = clock
        self._windows: dict[tuple[str, ...], deque[float]] = {}
        self._blind = token_bytes(32)

    def spend(self, request: Request, issuer: str, subject: str) -> None:
        """Count a request of a caller and put the RateLimit headers on its answer; raises Problem `rate-limited`."""
        kind = kind_of(request)
        budget: int = getattr(self.budgets, kind)
        if budget:
            left, wait = self._hit((kind, issuer, subject), budget)
            told = request.scope["state"].setdefault("told", [])
            told.append((b"ratelimit-policy", b'"%s";q=%d;w=%d' % (kind.encode(), budget, WINDOW_S)))
            told.append((b"ratelimit", b'"%s";r=%d;t=%d' % (kind.encode(), max(left, 0), ceil(wait))))
            _refuse(left, wait)

    def refused(self, request: Request) -> None:
        """Count a request that nobody's token stands behind; raises Problem `rate-limited` beyond the budget.

        The address is counted under a key that only this process knows; neither is written anywhere (R1 art 29).
        """
        if self.budgets.refusals and request.client:
            address = digest(self._blind, _network(request.client.host), "sha256").hex()
            _refuse(*self._hit(("refusals", address), self.budgets.refusals))

    def _hit(self, key: tuple[str, ...], budget: int) -> tuple[int, float]:
        """Return what is left of the budget (-1: it was used up already), and the seconds until there is more."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None:
            self._make_room(now)
            window = self._windows[key] = deque()
        while window and window[0] <= now - WINDOW_S:
            window.popleft()
        if len(window) >= budget:
            return -1, window[0] + WINDOW_S - now
        window.append(now)
        return budget - len(window), window[0] + WINDOW_S - now

    def _make_room(self, now: float) -> None:
        if len(self._windows) >= MOST_WINDOWS:
            self._windows = {key: held for key, held in self._windows.items() if held[-1] > now - WINDOW_S}
            if len(self._windows) > MOST_WINDOWS // 2:
                self._windows = {}


def kind_of(request: Request) -> Kind:
    """Return which budget a request is counted to."""
    if request.method not in _SAFE:
        return "commands"
    accepted = request.headers.get("accept", "")
    return "exports" if any(media_type in accepted for media_type in EXPORTS) else "reads"


def _refuse(left: int, wait: float) -> None:
    if left < 0:
        raise Problem("rate-limited", headers={"Retry-After": str(max(ceil(wait), 1))})


def _network(host: str) -> bytes:
    """Return what is counted as one: an IPv4 address, or the /64 of which an IPv6 subscriber has all."""
    try:
        address = ip_address(host)
    except ValueError:
        return host.encode()
    return address.packed[:8] if isinstance(address, IPv6Address) else address.packed
