"""A small aggregate, and appends as the tests need them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.eventstore.append import Append, NewEvent
from shared.eventstore.transact import Cause
from shared.kernel.canonical import canonical_bytes
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.kernel.ids import new_id
from shared.kernel.metadata import Metadata, system_actor

MATTER = UUID("018f0000-0000-7000-8000-000000000001")


class Opened(Event):
    """A tally begins."""

    limit: int


class Counted(Event):
    """Something is added to a tally."""

    amount: int


@dataclass(frozen=True)
class Open:
    limit: int = 1000


@dataclass(frozen=True)
class Count:
    amount: int


@dataclass(frozen=True)
class Tally:
    total: int = 0
    limit: int | None = None
    matter: UUID | None = None
    jurisdiction: str | None = None
    rules_version: str | None = None


def decide(command: Open | Count, state: Tally, *, rules: Any) -> Sequence[Event]:
    """Open once; count up to the limit; counting nothing gives no events."""
    if isinstance(command, Open):
        return [Opened(limit=command.limit)] if state.limit is None else []
    if state.limit is None or state.total + command.amount > state.limit:
        raise Rejected("tally-full", "已满")
    return [Counted(amount=command.amount)] if command.amount else []


def evolve(state: Tally, event: Opened | Counted) -> Tally:
    """Apply one event."""
    if isinstance(event, Opened):
        return replace(state, limit=event.limit, matter=MATTER, jurisdiction="331123", rules_version="r1")
    return replace(state, total=state.total + event.amount)


CODEC = Codec([Opened, Counted])
TALLY: Decider[Tally] = Decider("tally", CODEC, Tally(), decide, evolve)
METADATA = Metadata(
    log="intake",
    matter=MATTER,
    jurisdiction="331123",
    occurred_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    actor=system_actor("tests"),
    rules_version=None,
    policy=None,
    purpose=None,
    correlation=MATTER,
    causation=None,
    traceparent=None,
).encode()
CAUSE = Cause(actor=system_actor("tests"), correlation=MATTER)


def a_stream() -> str:
    """Return the name of a stream that nobody has used."""
    return f"tally-{new_id()}"


def events(count: int = 1, type: str = "Counted") -> tuple[NewEvent, ...]:
    """Return new events with canonical bytes."""
    return tuple(NewEvent(new_id(), type, 1, canonical_bytes({"amount": n}), METADATA) for n in range(count))


def an_append(stream: str | None = None, expected: int = 0, count: int = 1, **kept: Any) -> Append:
    """Return an append of `count` events at `expected` + 1 …"""
    return Append(new_id(), stream or a_stream(), expected, kept.pop("events", events(count)), **kept)


async def until(condition: Callable[[], Awaitable[Any]], timeout_s: float = 10.0) -> None:
    """Wait until `condition` holds; raises TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(0.005)
