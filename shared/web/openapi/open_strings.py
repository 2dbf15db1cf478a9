"""Open strings with the values known today: clients must take others, too, so that old ones live on."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from shared.authz.roles import Role
from shared.kernel.decider import Decider
from shared.web.known_values import Codes, known_values

Json = dict[str, Any]
_OF_ALL_SERVICES = ("HistoryItem", "HistoryActor", "PlannedEvent", "Happened", "EventType")


def tell(schemas: Json, aggregates: Sequence[Decider[Any]], codes: Codes) -> None:
    """Put `x-known-values` on states, codes, event types and roles: the schemas stay open strings."""
    known = known_values(aggregates, codes)
    states = sorted({value for name, values in known.items() if name.endswith(".state") for value in values})
    types = sorted({name for decider in aggregates for name in decider.codec.types})
    shared = {"leads_to": states, "type": types, "roles": [role.value for role in Role]}
    for name, schema in schemas.items():
        for member, part in schema.get("properties", {}).items():
            values = known.get(f"{_aggregate(name)}.{member}", states if member == "state" else ())
            _mark(part, shared.get(member, values) if name in _OF_ALL_SERVICES else values)


def _aggregate(schema: str) -> str:
    """Return what a schema is about: `ToleranceCaseView` shows a `tolerance_case`, `Grant` asks for a `grant`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", re.sub(r"(View|Row|Item)$", "", schema)).lower()


def _mark(part: Json, known: Iterable[str]) -> None:
    target = part["items"] if part.get("type") == "array" else part
    if (values := list(known)) and not {"const", "enum", "$ref"} & target.keys():
        target["x-known-values"] = values
