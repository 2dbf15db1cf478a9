"""Reads the deployment's YAML strictly, and builds a kustomization as kustomize does, as far as ours go."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
_KEYS = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}


class Unbuildable(Exception):
    """A kustomization that names what is not there, or says what we do not read."""


class _Strict(yaml.CSafeLoader):
    """Refuses a key that stands twice, of which PyYAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"{sorted(twice)} twice", node.start_mark)
        return super().construct_mapping(node, deep)


def documents(path: Path) -> list[Document]:
    """Return the YAML documents of a file."""
    return list(yaml.load_all(path.read_text(), Loader=_Strict))


def overlays(k8s: Path) -> list[Path]:
    """Return every overlay below `deploy/k8s`, ours and an integrator's own."""
    return sorted(each.parent for each in (k8s / "overlays").glob("*/kustomization.yaml"))


def build(folder: Path) -> list[Document]:
    """Return what `kustomize build` makes of a folder; raises Unbuildable."""
    (settings,) = documents(folder / "kustomization.yaml")
    if strange := set(settings) - _KEYS:
        raise Unbuildable(f"{folder}: {sorted(strange)}")
    built = [document for name in settings["resources"] for document in _resource(folder / name)]
    for patch in settings.get("patches", []):
        _patch(built, patch)
    for image in settings.get("images", []):
        _rename(built, image)
    if namespace := settings.get("namespace"):
        for document in built:
            if document["kind"] != "Namespace":
                document["metadata"]["namespace"] = namespace
    return built


def _resource(place: Path) -> list[Document]:
    if place.is_dir():
        return build(place)
    if not place.is_file():
        raise Unbuildable(f"{place}: there is no such resource")
    return documents(place)


def _patch(built: list[Document], patch: Document) -> None:
    """Replace values (JSON Patch, RFC 6902) that are there in the one document that is meant."""
    target = patch["target"]
    meant = [each for each in built if (each["kind"], each["metadata"]["name"]) == (target["kind"], target["name"])]
    if len(meant) != 1:
        raise Unbuildable(f"{target}: {len(meant)} documents")
    for step in yaml.load(patch["patch"], Loader=_Strict):
        if step["op"] != "replace" or set(step) != {"op", "path", "value"}:
            raise Unbuildable(f"{step}: only `replace` is read here")
        _replace(meant[0], step["path"].removeprefix("/").split("/"), step["value"])


def _replace(place: Any, way: list[str], value: Any) -> None:
    """Replace what stands at the end of the way; it has to be there."""
    name = way[0].replace("~1", "/").replace("~0", "~")
    key = int(name) if isinstance(place, list) and name.isdigit() else name
    try:
        inner = place[key]
    except (KeyError, IndexError, TypeError):
        raise Unbuildable(f"a patch looks for {key}, which is not there") from None
    if way[1:]:
        _replace(inner, way[1:], value)
    else:
        place[key] = value


def _rename(built: list[Document], image: Document) -> None:
    containers = [each for document in built for each in containers_of(document) if each["image"] == image["name"]]
    if not containers:
        raise Unbuildable(f"{image}: nobody uses it")
    for container in containers:
        container["image"] = image["newName"] + _pin(image)


def _pin(image: Document) -> str:
    """Return what follows an image's name: its tag, or a digest, which goes before a tag."""
    if "digest" in image:
        return f"@{image['digest']}"
    if "newTag" not in image:
        raise Unbuildable(f"{image}: neither newTag nor digest")
    return f":{image['newTag']}"


def containers_of(document: Document) -> list[Document]:
    """Return the containers of a workload; of anything else none."""
    pod = document.get("spec", {}).get("template", {}).get("spec", {})
    return [*pod.get("containers", []), *pod.get("initContainers", [])]


def pods(workload: Document) -> Document:
    """Return the template of a workload's pods."""
    template: Document = workload["spec"]["template"]
    return template


def projected(workload: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield kind and name of each source of a workload's secrets, with each of its items."""
    for volume in pods(workload)["spec"]["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            ((kind, held),) = source.items()
            for item in held["items"]:
                yield {"secret": "Secret", "configMap": "ConfigMap"}[kind], held["name"], item


@dataclass(frozen=True)
class Cluster:
    """What a kustomization builds."""

    documents: list[Document]

    def of_kind(self, *kinds: str) -> list[Document]:
        """Return the documents that have one of the kinds."""
        return [document for document in self.documents if document["kind"] in kinds]

    def names(self, *kinds: str) -> set[str]:
        """Return the names of the documents of the kinds."""
        return {document["metadata"]["name"] for document in self.of_kind(*kinds)}

    def environment_of(self, container: Document) -> dict[str, str]:
        """Return what a container has in its environment."""
        maps = {document["metadata"]["name"]: document["data"] for document in self.of_kind("ConfigMap")}
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            found |= maps[source["configMapRef"]["name"]]
        return found | {each["name"]: each["value"] for each in container.get("env", [])}


@dataclass(frozen=True)
class Compose:
    """docker-compose.yml with its variables filled in from `given`."""

    content: Document

    @classmethod
    def read(cls, path: Path, **given: str) -> "Compose":
        """Read the file; a variable that is neither given nor has a default raises KeyError."""
        (content,) = documents(path)
        return cls(_filled(deepcopy(content), given))

    @property
    def services(self) -> dict[str, Document]:
        """The containers by name."""
        return dict(self.content["services"])

    def ours(self) -> Iterator[tuple[str, Document]]:
        """Yield the containers that run our image."""
        yield from ((name, each) for name, each in self.services.items() if each["image"].startswith("rongcuo:"))


def _filled(value: Any, given: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(member, given) for key, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, given) for member in value]
    return _interpolated(value, given) if isinstance(value, str) else value


def _interpolated(text: str, given: dict[str, str]) -> str:
    """Fill in `${NAME:-default}` and `${NAME}`, the two forms that we use."""
    if "${" not in text:
        return text
    before, rest = text.split("${", 1)
    inside, after = rest.split("}", 1)
    name, marked, default = inside.partition(":-")
    return before + (given.get(name) or (default if marked else given[name])) + _interpolated(after, given)
