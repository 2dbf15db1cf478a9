"""What has to be true of a thing, as a small expression over facts: what Cedar's partial evaluation leaves over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class ConditionUnknown(Exception):
    """A policy says something that has no form here; list filters could not follow it."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of `shared.authz.facts`, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    of: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them."""

    of: frozenset["Condition"]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    of: frozenset["Condition"]


Condition = Constant | Fact | Not | All | Either
TRUE, FALSE = Constant(True), Constant(False)
_CONTEXT = {"unknown": [{"Value": "context"}]}


def condition_of(residuals: Iterable[Mapping[str, Any]]) -> Condition:
    """Return when the residual policies permit: one that permits holds, and none that forbids does.

    Raises ConditionUnknown for an expression that is more than truths about facts.
    """
    permits: list[Condition] = []
    forbids: list[Condition] = []
    for residual in residuals:
        kept = permits if residual["effect"] == "permit" else forbids
        kept.append(every(_clause(clause) for clause in residual["conditions"]))
    return every([some(permits), negated(some(forbids))])


def every(conditions: Iterable[Condition]) -> Condition:
    """Return that all of them hold, without what goes without saying."""
    kept = frozenset(
        part for each in conditions for part in (each.of if isinstance(each, All) else (each,)) if part != TRUE
    )
    if FALSE in kept or any(negated(part) in kept for part in kept):
        return FALSE
    return TRUE if not kept else next(iter(kept)) if len(kept) == 1 else All(kept)


def some(conditions: Iterable[Condition]) -> Condition:
    """Return that one of them holds."""
    kept = frozenset(
        part for each in conditions for part in (each.of if isinstance(each, Either) else (each,)) if part != FALSE
    )
    if TRUE in kept:
        return TRUE
    return FALSE if not kept else next(iter(kept)) if len(kept) == 1 else Either(kept)


def negated(condition: Condition) -> Condition:
    """Return that it does not hold."""
    if isinstance(condition, Constant):
        return Constant(not condition.value)
    return condition.of if isinstance(condition, Not) else Not(condition)


def _clause(clause: Mapping[str, Any]) -> Condition:
    body = _expression(clause["body"])
    return body if clause["kind"] == "when" else negated(body)


def _expression(body: Mapping[str, Any]) -> Condition:
    match body:
        case {"Value": bool(value)}:
            return Constant(value)
        case {"&&": {"left": left, "right": right}}:
            return every([_expression(left), _expression(right)])
        case {"||": {"left": left, "right": right}}:
            return some([_expression(left), _expression(right)])
        case {"!": {"arg": of}}:
            return negated(_expression(of))
        case {".": {"left": left, "attr": str(name)}} if left == _CONTEXT:
            return Fact(name)
        case _:
            raise ConditionUnknown(f"no form for {next(iter(body))}")
