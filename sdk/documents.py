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

Document = dict[str, Any]


def released() -> dict[str, Document]:
    """Return docs/api/<service>.json of every service."""
    return {service: json.loads((ROOT / "docs/api" / f"{service}.json").read_text()) for service in SERVICES}


def merged(documents: Mapping[str, Document]) -> Document:
    """Return one document with all paths and models, without examples and extensions, of which no generator knows.

    An operation that several services have is named `<service>_<operation>`. A tag keeps its English words, because
    they become the name of a module. Raises ValueError when a model is another one in another service.
    """
    bare = {service: _bare(document) for service, document in documents.items()}
    operations = Counter(each["operationId"] for document in bare.values() for each in _operations(document))
    first = next(iter(bare.values()))
    paths: Document = {}
    components: Document = {}
    for service, document in bare.items():
        for operation in _operations(document):
            operation["tags"] = [_english(tag) for tag in operation.get("tags", ())]
            if operations[operation["operationId"]] > 1:
                operation["operationId"] = f"{service}_{operation['operationId']}"
        paths |= document["paths"]
        for kind, members in document["components"].items():
            known = components.setdefault(kind, {})
            if strange := [name for name, member in members.items() if known.setdefault(name, member) != member]:
                raise ValueError(f"{service}: components/{kind}/{strange[0]} is another one elsewhere")
    info = {"title": "rongcuo", "version": first["info"]["version"]}
    return {"openapi": first["openapi"], "info": info, "paths": paths, "components": components}


def _operations(document: Document) -> list[Document]:
    return [item[method] for item in document["paths"].values() for method in _METHODS if method in item]


def _bare(part: Any) -> Any:
    """Return a copy without `x-…` and without examples (in a schema they are a list, elsewhere named ones)."""
    if isinstance(part, list):
        return [_bare(member) for member in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _bare(member)
        for name, member in part.items()
        if not name.startswith("x-") and not (name == "examples" and "type" not in member)
    }


def _english(tag: str) -> str:
    """Return the English words of a tag such as `规则册 Rule packs`."""
    return " ".join(word for word in tag.split() if word.isascii()) or tag
