"""The hash of an event is what docs/event-hash.md says, and the page's own lines compute it."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.eventstore.appender import Appender
from shared.eventstore.log import EventLog
from shared.kernel.canonical import parse_canonical
from shared.kernel.ids import new_id
from shared.kernel.instants import instant_text, parse_instant
from shared.kernel.recorded import Recorded
from tests.eventstore.samples import an_append

DOCS = Path(__file__).parents[2] / "docs"
VECTORS: list[dict[str, Any]] = json.loads((DOCS / "event-hash-vectors.json").read_text())


def from_the_page() -> Any:
    """Return the function that the page prints."""
    found = re.search(r"```python\n(.*?)```", (DOCS / "event-hash.md").read_text(), re.DOTALL)
    assert found
    scope: dict[str, Any] = {}
    exec(found[1], scope)
    return scope["event_hash"]


def recorded(event: dict[str, Any]) -> Recorded:
    return Recorded(
        **{
            **event,
            "event_id": UUID(event["event_id"]),
            "recorded_at": parse_instant(event["recorded_at"]),
            "payload": event["payload"].encode(),
            "metadata": event["metadata"].encode(),
        }
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_vectors_hold_for_our_code_and_for_the_page(vector: dict[str, Any]) -> None:
    event = vector["event"]
    ours = recorded(event)
    assert ours.record().decode() == vector["record"]
    assert parse_canonical(ours.payload) is not None
    assert ours.hash == vector["hash"] == from_the_page()(event, ours.payload, ours.metadata)


def test_the_hash_commits_to_every_member() -> None:
    event = recorded(VECTORS[1]["event"])
    changed: dict[str, Any] = {
        "log": "x",
        "position": 1,
        "stream": "x",
        "version": 1,
        "event_id": new_id(),
        "type": "X",
        "schema_version": 9,
        "payload": b"{}",
        "metadata": b"{}",
        "recorded_at": event.recorded_at + timedelta(microseconds=1),
    }
    assert set(changed) == set(Recorded._fields)
    hashes = {event._replace(**{name: value}).hash for name, value in changed.items()}
    assert len(hashes | {event.hash}) == len(changed) + 1


async def test_a_stored_event_has_the_hash_of_the_page(appender: Appender, log: EventLog) -> None:
    await appender.append(an_append())
    [stored] = await log.read_page(after=0)
    members = {
        "event_id": str(stored.event_id),
        "log": "intake",
        "position": 1,
        "recorded_at": instant_text(stored.recorded_at),
        "schema_version": 1,
        "stream": stored.stream,
        "type": "Counted",
        "version": 1,
    }
    assert stored.hash == from_the_page()(members, stored.payload, stored.metadata)
