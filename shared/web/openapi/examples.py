"""Examples that cannot rot: each is composed from its own schema, with the words of its members for values."""

import json
from collections.abc import Mapping
from typing import Any

from shared.kernel.events import Event
from shared.web.openapi.words import OperationWords, Words

Json = dict[str, Any]
_PLAIN = {"boolean": True, "integer": 1, "number": 1, "null": None}
LINES = "application/x-ndjson"
STREAM = "text/event-stream"
_SERVER_SENT: Json = {
    "type": "object",
    "description": "每个事件：id 是位置，event 是类型，data 是 FeedItem 的 JSON 文本。",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
    "required": ["id", "event", "data"],
}
MISSING = "？"
"""Stands in an example for a text that has no word; the documents are tested for it."""


class Composer:
    """Makes examples for the schemas of one document; `events` are the service's event types by name."""

    def __init__(self, schemas: Json, words: Words, events: Mapping[str, type[Event]]) -> None:
        self._schemas = schemas
        self._words = words
        self._events = events

    def add(self, path: str, operation: Json) -> None:
        """Put an example into every parameter, request and answer of an operation that has none."""
        for parameter in operation.get("parameters", ()):
            if "example" not in parameter:
                parameter["example"] = self._value(parameter["schema"], parameter["name"], "")
        own = self._words.operations.get(operation["operationId"])
        request: Json = {}
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            request = self._value(content["schema"], "", "") | dict(own.request if own else {})
            content["example"] = request
        identity = self._identity(path, request)
        for status in ("200", "201"):
            answered = operation["responses"].get(status, {}).get("content", {})
            if "application/json" in answered:
                self._add_answer(answered["application/json"], identity, own)
            if LINES in answered:
                item = answered["application/json"]["example"]["items"][0]
                described = {"type": "string", "description": "一行一个 JSON 对象，与 items 中的相同。"}
                answered[LINES] = {"schema": described, "example": json.dumps(item, ensure_ascii=False) + "\n"}
            if STREAM in answered:
                item = self._value({"$ref": "#/components/schemas/FeedItem"}, "", "")
                told = {
                    "id": str(item["position"]),
                    "event": item["type"],
                    "data": json.dumps(item, ensure_ascii=False),
                }
                answered[STREAM] = {"schema": _SERVER_SENT, "example": told}

    def _add_answer(self, content: Json, identity: Json, own: OperationWords | None) -> None:
        schema = content["schema"]
        branches = [branch for branch in schema.get("anyOf", ()) if "$ref" in branch]
        if branches:
            content["examples"] = {_name(each): {"value": self._answer(each, identity, own)} for each in branches}
        else:
            content["example"] = self._answer(schema, identity, own)

    def _answer(self, schema: Json, identity: Json, own: OperationWords | None) -> Any:
        value = self._value(schema, "", "")
        if not isinstance(value, dict):
            return value
        told = {**identity, **(own.answer if own else {})}
        if "$ref" in schema and _name(schema) == "DryRun":
            told["events"] = [self._planned(name) for name in (own.events if own else ())]
        return {name: told.get(name, item) for name, item in value.items()}

    def _planned(self, name: str) -> Json:
        event = self._events[name]
        return {"type": name, "schema_version": event.schema_version, "leads_to": event.leads_to}

    def _identity(self, path: str, request: Json) -> Json:
        """Return id and href of the resource that `path` names first, or that the request names as its own."""
        head, brace, tail = path.partition("{")
        if brace:
            name, _, _ = tail.partition("}")
            known = self._words.members.get(name, MISSING)
            return {"id": known, "href": f"{head}{known}"}
        own = next((value for name, value in request.items() if name.endswith("_id")), None)
        return {} if own is None else {"id": own, "href": f"{path}/{own}"}

    def _value(self, schema: Json, member: str, owner: str) -> Any:
        for name in (f"{owner}.{member}", member):
            if name in self._words.members:
                return self._words.members[name]
        if "$ref" in schema:
            name = _name(schema)
            return self._value(self._schemas[name], member if _is_plain(self._schemas[name]) else "", name)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if keyword in schema:
                return self._value(schema[keyword][0], member, owner)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if schema.get("examples"):
            return schema["examples"][0]
        return self._typed(schema, member, owner)

    def _typed(self, schema: Json, member: str, owner: str) -> Any:
        if "properties" in schema:
            name = owner or schema.get("title", "")
            return {each: self._value(part, each, name) for each, part in schema["properties"].items()}
        match schema.get("type"):
            case "array":
                return [self._value(schema["items"], member, owner)]
            case "object":
                return {}
            case "string":
                return MISSING
            case kind:
                return schema.get("minimum", _PLAIN.get(str(kind)))


def _name(schema: Json) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _is_plain(schema: Json) -> bool:
    return "properties" not in schema
