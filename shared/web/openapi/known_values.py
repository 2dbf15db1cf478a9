"""Open strings with the values known today: clients must take others, too, so that old ones live on."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from shared.authz.roles import Role
from shared.kernel.decider import Decider

Json = dict[str, Any]


def tell(schemas: Json, aggregates: Sequence[Decider[Any]]) -> None:
    """Put `x-known-values` on states, event types and roles: the schemas stay open strings."""
    states = {decider.category: _states(decider) for decider in aggregates}
    every = sorted({state for known in states.values() for state in known})
    types = sorted({name for decider in aggregates for name in decider.codec.types})
    shared: dict[str, list[str]] = {"leads_to": every, "type": types, "roles": [role.value for role in Role]}
    for name, schema in schemas.items():
        own = states.get(_aggregate(name))
        for member, part in schema.get("properties", {}).items():
            if member == "state" and not {"const", "enum"} & part.keys():
                _mark(part, own or every)
            elif name in ("HistoryItem", "HistoryActor", "PlannedEvent", "Happened"):
                _mark(part, shared.get(member, ()))


def _states(decider: Decider[Any]) -> list[str]:
    found = (event.leads_to for event in decider.codec.types.values())
    return list(dict.fromkeys(state for state in found if state is not None))


def _aggregate(schema: str) -> str:
    """Return the aggregate of a view or a row: `ToleranceCaseView` shows a `tolerance_case`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", re.sub(r"(View|Row)$", "", schema)).lower()


def _mark(part: Json, known: Iterable[str]) -> None:
    if values := [str(value) for value in known]:
        target = part["items"] if part.get("type") == "array" else part
        target["x-known-values"] = values
