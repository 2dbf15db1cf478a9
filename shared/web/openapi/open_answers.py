"""Leaves open what only answers use, so that the codes and members of a later release break no generated client.

The services themselves stay strict: what they answer has to fit models that forbid other members.
"""

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")
_SCHEMAS = "#/components/schemas/"


def open_answers(spec: Json) -> None:
    """Turn closed lists of codes into `x-known-values` and let members come, wherever no request is described.

    The constant that tells the branches of a union apart stays; the union becomes an `anyOf`, since a value may fit two
    branches as soon as both let members come.
    """
    schemas: Json = spec["components"]["schemas"]
    of_requests = reachable(schemas, _request_schemas(spec))
    answered = [schema for name, schema in schemas.items() if name not in of_requests]
    opened = [part for each in (*answered, *_answer_schemas(spec)) for part in parts(each)]
    tags = {id(tag) for part in opened for tag in _tags(schemas, part.get("oneOf", ()))}
    for part in opened:
        if "oneOf" in part:
            part["anyOf"] = part.pop("oneOf")
        if part.get("additionalProperties") is False:
            del part["additionalProperties"]
        if id(part) not in tags:
            _open_values(part)


def reachable(schemas: Json, roots: Iterable[Json]) -> set[str]:
    """Return the names of the component schemas that the schemas `roots` use, directly or not."""
    found: set[str] = set()
    left = list(roots)
    while left:
        for part in parts(left.pop()):
            name = str(part.get("$ref", "")).removeprefix(_SCHEMAS)
            if name and name not in found:
                found.add(name)
                left.append(schemas[name])
    return found


def parts(schema: Json) -> Iterator[Json]:
    """Yield a schema and every schema that is written inside it."""
    yield schema
    inside = [*schema.get("properties", {}).values(), *schema.get("patternProperties", {}).values()]
    inside += [each for keyword in ("anyOf", "oneOf", "allOf", "prefixItems") for each in schema.get(keyword, ())]
    inside += [
        schema[keyword] for keyword in ("items", "additionalProperties") if isinstance(schema.get(keyword), dict)
    ]
    for each in inside:
        yield from parts(each)


def _open_values(schema: Json) -> None:
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if any(isinstance(value, str) for value in values):
        schema.pop("const", None)
        schema.pop("enum", None)
        schema["x-known-values"] = values


def _tags(schemas: Json, union: Iterable[Json]) -> Iterator[Json]:
    """Yield the constant members that stand in every branch that has members."""
    named = [schemas.get(str(branch.get("$ref", "")).removeprefix(_SCHEMAS), branch) for branch in union]
    members: list[Json] = [branch["properties"] for branch in named if "properties" in branch]
    for name in set.intersection(*map(set, members)) if members else ():
        yield from (each[name] for each in members if "const" in each[name])


def _operations(spec: Json) -> Iterator[Json]:
    for told in spec["paths"].values():
        yield from (operation for method, operation in told.items() if method in METHODS)


def _request_schemas(spec: Json) -> Iterator[Json]:
    for operation in _operations(spec):
        yield from (parameter["schema"] for parameter in operation.get("parameters", ()))
        yield from _schemas_of(operation.get("requestBody", {}))


def _answer_schemas(spec: Json) -> Iterator[Json]:
    for operation in _operations(spec):
        for answer in operation["responses"].values():
            yield from _schemas_of(answer)


def _schemas_of(message: Json) -> Iterator[Json]:
    yield from (content["schema"] for content in message.get("content", {}).values() if "schema" in content)
