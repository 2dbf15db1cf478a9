"""The released documents in docs/api, and what has to be done before a changed one may take their place."""

import json
import re
from pathlib import Path
from typing import Any

from tests.api.breaking import breaking

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "api"
CHANGELOG = FOLDER / "CHANGELOG.md"
_VERSION = re.compile(r"^version: (\d+)\.(\d+)\.(\d+)$", re.M)


class Unannounced(Exception):
    """A document breaks what was released, and nobody was told."""


def released(service: str) -> Json:
    """Return the released document of a service; empty if there is none."""
    path = FOLDER / f"{service}.json"
    found: Json = json.loads(path.read_text()) if path.is_file() else {}
    return found


def text(document: Json) -> str:
    """Return a document as it is kept: two documents that say the same are the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def complaint(service: str, old: Json, new: Json) -> str | None:
    """Return what is wrong with `new` beside the released `old`; None if it is the released one."""
    if old == new:
        return None
    if found := breaking(old, new) if old else []:
        return f"{service} breaks what was released:\n  " + "\n  ".join(found)
    return f"{service} has changed and only adds: make api-documents releases it"


def release(service: str, old: Json, new: Json, changelog: str) -> str:
    """Return the version under which `new` may be released; raises Unannounced.

    What breaks needs a new major, set by hand in the service's document.yaml, and a heading `## <service> <version>` in
    the changelog that says what clients have to do. What only adds gets a new minor by itself, other words a new patch.
    """
    given = _parts(new["info"]["version"])
    if not old:
        return _joined(given)
    before = _parts(old["info"]["version"])
    if found := breaking(old, new):
        if given[0] <= before[0] or f"## {service} {_joined(given)}\n" not in changelog:
            raise Unannounced(f"{service}: raise the major in document.yaml, announce it in {CHANGELOG.name}: {found}")
        return _joined(given)
    if given > before:
        return _joined(given)
    if breaking(new, old) or new["paths"].keys() != old["paths"].keys():
        return _joined((before[0], before[1] + 1, 0))
    return _joined((before[0], before[1], before[2] + 1))


def set_version(service: str, version: str) -> None:
    """Write a document's version to where its words stand."""
    path = ROOT / "services" / service / "api" / "document.yaml"
    path.write_text(_VERSION.sub(f"version: {version}", path.read_text(), count=1))


def _parts(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _joined(parts: tuple[int, int, int]) -> str:
    return ".".join(map(str, parts))
