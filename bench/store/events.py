"""The event that every store keeps: about 230 bytes of JSON, the same members in all of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from itertools import cycle, islice
from random import Random  # noqa: TID251 - the same sequence in every run
from typing import Any
from uuid import UUID

from shared.kernel.events import Codec, Event
from shared.kernel.metadata import Metadata, system_actor
from shared.kernel.upcasting import Data, Upcasters

SEED = 20260301
TYPE = "EntryMade"
METADATA = {"actor": "clerk-17", "correlation": "018f0000-0000-7000-8000-00000000c0de"}
BODIES = 1024


class EntryMade(Event):
    """An entry of an account; `currency` came with version 2."""

    schema_version = 2

    account: str
    amount: int
    booked_on: date
    counterpart: UUID
    currency: str
    note: str


def name_currency(data: Data) -> Data:
    """Lift version 1, which knew one currency only."""
    return {**data, "currency": "CNY"}


CODEC = Codec([EntryMade], Upcasters({(TYPE, 1): name_currency}))

ENVELOPE = Metadata(
    log="intake",
    matter=UUID(METADATA["correlation"]),
    jurisdiction="331123",
    occurred_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    actor=system_actor("bench"),
    rules_version=None,
    policy=None,
    purpose=None,
    correlation=UUID(METADATA["correlation"]),
    causation=None,
    traceparent=None,
).encode()


def body(n: int, random: Random) -> dict[str, Any]:
    """Return the members of version 1."""
    return {
        "account": f"CN-{random.randrange(10**10):010}",
        "amount": random.randrange(1, 10**7),
        "booked_on": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "counterpart": str(UUID(int=random.getrandbits(128))),
        "note": f"entry {n:08} " + "".join(random.choices("abcdefghij klmnopqrst", k=80)),
    }


@cache
def _known() -> list[dict[str, Any]]:
    random = Random(SEED)  # noqa: S311 - repeatable, not secret
    return [body(n, random) for n in range(BODIES)]


def bodies(start: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the same bodies for ever, from the one with number `start` on."""
    return islice(cycle(_known()), start % BODIES, None)
