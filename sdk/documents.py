"""The released OpenAPI documents of the four services as one, so that an app has one client with one set of models."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "sdk" / "build"
SERVICES = ("intake", "adjudication", "archive", "notification")
_METHODS = ("get", "put", "post", "patch", "delete")
_SCHEMAS = "#/components/schemas/"

Document = dict[str, Any]


def released() -> dict[str, Document]:
    """Return docs/api/<service>.json of every service."""
    return {service: json.loads((ROOT / "docs/api" / f"{service}.json").read_text()) for service in SERVICES}


def merged(documents: Mapping[str, Document]) -> Document:
    """Return one document with all paths and models.

    An operation that several services have is named `<service>_<operation>`; a model that is another one in another
    service `<Service><Model>`. A tag keeps its English word, because it becomes the name of a module.
    """
    operations = Counter(each["operationId"] for document in documents.values() for each in _operations(document))
    paths: Document = {}
    schemas: Document = {}
    first = next(iter(documents.values()))
    for service, document in documents.items():
        own = document["components"]["schemas"]
        clashing = {name for name, schema in own.items() if schemas.get(name, schema) != schema}
        renamed = _renamed(document, {name: f"{service.capitalize()}{name}" for name in clashing})
        for operation in _operations(renamed):
            operation["tags"] = [_english(tag) for tag in operation.get("tags", ())]
            if operations[operation["operationId"]] > 1:
                operation["operationId"] = f"{service}_{operation['operationId']}"
        paths |= renamed["paths"]
        schemas |= renamed["components"]["schemas"]
    info = {"title": "rongcuo", "version": first["info"]["version"]}
    return {
        **{"openapi": first["openapi"], "info": info, "paths": paths},
        "components": {**first["components"], "schemas": schemas},
    }


def _operations(document: Document) -> list[Document]:
    return [item[method] for item in document["paths"].values() for method in _METHODS if method in item]


def _renamed(document: Document, names: Mapping[str, str]) -> Document:
    """Return a copy in which the schemas have other names."""

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: walk(member) for name, member in part.items()}
        if isinstance(part, list):
            return [walk(member) for member in part]
        if isinstance(part, str) and part.startswith(_SCHEMAS):
            name = part.removeprefix(_SCHEMAS)
            return _SCHEMAS + names.get(name, name)
        return part

    copy: Document = walk(document)
    schemas = copy["components"]["schemas"]
    copy["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    return copy


def _english(tag: str) -> str:
    """Return the English words of a tag such as `规则册 Rule packs`."""
    return " ".join(word for word in tag.split() if word.isascii()) or tag
