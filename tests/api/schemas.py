"""Whether a new JSON Schema still fits what clients of the old one send, or expect."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

Json = dict[str, Any]
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_EXACT = ("pattern", "format", "multipleOf", "uniqueItems", "allOf", "not", "if", "prefixItems", "propertyNames")


class Direction(Enum):
    """Who writes the value: the client (the new schema must take what the old one took), or the service."""

    REQUEST = "request"
    ANSWER = "answer"


class Schemas:
    """Compares schemas of two documents, each with its own references."""

    def __init__(self, old: Json, new: Json) -> None:
        self._documents = {"old": old, "new": new}
        self._compared: set[tuple[str, str, Direction]] = set()

    def compare(self, old: Json, new: Json, direction: Direction, at: str) -> Iterator[str]:
        """Yield what has become narrower for requests or wider for answers, with its place."""
        if "$ref" in old and "$ref" in new:
            pair = (old["$ref"], new["$ref"], direction)
            if pair in self._compared:  # told where it was met first; also the end of recursive schemas
                return
            self._compared.add(pair)
        old, new = self._resolved(old, "old"), self._resolved(new, "new")
        olds, news = _branches(old), _branches(new)
        if len(olds) == 1 and len(news) == 1:
            yield from self._compare_one(olds[0], news[0], direction, at)
            return
        narrow, wide = (olds, news) if direction is Direction.REQUEST else (news, olds)
        for branch in narrow:
            if not any(self._fits(branch, other, direction) for other in wide):
                yield f"{at}: {_label(branch)} is not among {', '.join(map(_label, wide))}"

    def _fits(self, narrow: Json, wide: Json, direction: Direction) -> bool:
        old, new = (narrow, wide) if direction is Direction.REQUEST else (wide, narrow)
        trial = Schemas(self._documents["old"], self._documents["new"])
        trial._compared = set(self._compared)
        return not any(trial.compare(old, new, direction, ""))

    def _resolved(self, schema: Json, side: str) -> Json:
        while "$ref" in schema:
            found: Any = self._documents[side]
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def _compare_one(self, old: Json, new: Json, direction: Direction, at: str) -> Iterator[str]:
        if "$ref" in old or "$ref" in new:
            yield from self.compare(old, new, direction, at)
            return
        narrow, wide = (old, new) if direction is Direction.REQUEST else (new, old)
        yield from (f"{at}: {found}" for found in _values(narrow, wide))
        yield from self._members(old, new, direction, at)
        for keyword in ("items", "additionalProperties"):
            before, after = old.get(keyword), new.get(keyword)
            if isinstance(before, dict) and isinstance(after, dict):
                yield from self.compare(before, after, direction, f"{at}/*")
            elif isinstance(wide.get(keyword), dict) and not isinstance(narrow.get(keyword), dict):
                yield f"{at}: {keyword} is restricted"

    def _members(self, old: Json, new: Json, direction: Direction, at: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name in after:
                yield from self.compare(schema, after[name], direction, f"{at}/{name}")
            else:
                yield f"{at}/{name} is gone"
        if direction is Direction.REQUEST:
            lost = set(new.get("required", ())) - set(old.get("required", ()))
            yield from (f"{at}/{name} is required now" for name in lost)
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
                yield f"{at}: other members are refused now"
        else:
            lost = set(old.get("required", ())) - set(new.get("required", ()))
            yield from (f"{at}/{name} may be absent now" for name in lost if name in after)


def _values(narrow: Json, wide: Json) -> Iterator[str]:
    """Yield why a value of `narrow` may not be one of `wide`, members and items apart."""
    if (types := _types(wide)) and not (_types(narrow) or {"anything"}) <= types:
        yield f"type {sorted(_types(narrow))} instead of {sorted(types)}"
    if (known := _enumerated(wide)) is not None:
        others = _enumerated(narrow)
        if others is None or not all(value in known for value in others):
            yield f"values {others} instead of {known}"
    for keyword in _UPPER:
        if keyword in wide and narrow.get(keyword, float("inf")) > wide[keyword]:
            yield f"{keyword} {narrow.get(keyword)} instead of {wide[keyword]}"
    for keyword in _LOWER:
        if keyword in wide and narrow.get(keyword, float("-inf")) < wide[keyword]:
            yield f"{keyword} {narrow.get(keyword)} instead of {wide[keyword]}"
    for keyword in _EXACT:
        if keyword in wide and narrow.get(keyword) != wide[keyword]:
            yield f"{keyword} {narrow.get(keyword)} instead of {wide[keyword]}"


def _branches(schema: Json) -> list[Json]:
    found: list[Json] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _types(schema: Json) -> set[str]:
    given = schema.get("type", [])
    types = {given} if isinstance(given, str) else set(given)
    return types | ({"integer"} if "number" in types else set())


def _enumerated(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    found: list[Any] | None = schema.get("enum")
    return found


def _label(schema: Json) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2] or str(schema.get("type", schema))
