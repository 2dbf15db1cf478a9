"""The published fold: what a resource shows is its events' `leads_to`, `sets` and `appends_to`, applied in order.

Auditors fold the log by the same table (`GET /{service}/v1/event-types`) and must arrive at the same document.
"""

from collections.abc import Iterable
from typing import Any

from shared.kernel.events import Event

Document = dict[str, Any]


def represent(events: Iterable[Event]) -> Document:
    """Fold `events` of one stream, from version 1 on, into a JSON document with `state` and `version`.

    Sealed members stay closed envelopes; whoever shows the document opens them, or does not.
    """
    document: Document = {"state": None, "version": 0}
    for event in events:
        payload = event.model_dump(mode="json")
        document["version"] += 1
        document["state"] = event.leads_to or document["state"]
        document.update({name: payload[name] for name in event.sets})
        if event.appends_to:
            document[event.appends_to] = [*document.get(event.appends_to, []), payload]
    return document
