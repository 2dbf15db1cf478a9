"""The values that codes are known to have. Codes are open strings: a later release may add one; old apps live on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from shared.kernel.decider import Decider

Codes = Mapping[str, Iterable[str]]
"""Values of codes by `<aggregate>.<member>` or, of a part of an aggregate, `<part>.<member>`, such as `grant.role`."""


def known_values(aggregates: Sequence[Decider[Any]], codes: Codes) -> dict[str, tuple[str, ...]]:
    """Return for every code its known values, by `<aggregate>.<member>`, for example `submission.state`.

    A state is what an event leads to; the other codes are those that the events themselves know a list for, and
    `codes`, for which the domain has one. What a jurisdiction's rules list (situations, grounds, outcomes) is in the
    rule packs instead.
    """
    found: dict[str, dict[str, None]] = {name: dict.fromkeys(values) for name, values in codes.items()}
    for decider in aggregates:
        for event in decider.codec.types.values():
            if event.leads_to:
                found.setdefault(f"{decider.category}.state", {})[event.leads_to] = None
            for name, member in event.model_fields.items():
                if values := list(_literals(member.annotation)):
                    found.setdefault(f"{decider.category}.{name}", {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in sorted(found.items())}


def _literals(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (value for value in get_args(annotation) if isinstance(value, str))
    else:
        for argument in get_args(annotation):
            yield from _literals(argument)
