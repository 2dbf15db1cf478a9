"""The released documents in docs/api, and what has to be done before a changed one may take their place."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from tests.api.breaking import breaking

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "api"
CHANGELOG = FOLDER / "CHANGELOG.md"
_HEADING = re.compile(r"## ([a-z]+(?:, [a-z]+)*) (\d+\.\d+\.\d+)")
_VERSION = re.compile(r"^version: (\d+)\.(\d+)\.(\d+)$", re.M)


class Unannounced(Exception):
    """A document breaks what was released, and nobody was told."""


def released(service: str) -> Json:
    """Return the released document of a service; empty if there is none."""
    path = FOLDER / f"{service}.json"
    return parsed(path.read_text()) if path.is_file() else {}


def parsed(text: str) -> Json:
    """Return the document that `text` keeps."""
    found: Json = json.loads(text)
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


def release(service: str, old: Json, new: Json, changelog: str, day: date) -> str:
    """Return the version under which `new` may be released on that day; raises Unannounced.

    What breaks needs a new major, set by hand in the service's document.yaml, and every version a heading in the
    changelog that says what clients have to do. What only adds gets a new minor by itself, other words a new patch.
    """
    if found := list(too_soon(old, new, day)):
        raise Unannounced(f"{service}: twelve months' notice: {found}")
    version = _joined(_version(service, old, new))
    if not is_named(service, version, changelog):
        raise Unannounced(f"{service}: say in {CHANGELOG.name}, under ## {service} {version}, what is new")
    return version


def _version(service: str, old: Json, new: Json) -> tuple[int, int, int]:
    given = _parts(new["info"]["version"])
    if not old:
        return given
    before = _parts(old["info"]["version"])
    if (found := breaking(old, new)) and given[0] <= before[0]:
        raise Unannounced(f"{service}: raise the major in document.yaml, announce it in {CHANGELOG.name}: {found}")
    if found or given > before:
        return given
    if added(old, new):
        return before[0], before[1] + 1, 0
    return before[0], before[1], before[2] + 1


def added(old: Json, new: Json) -> list[str]:
    """Return the names of the operations that are new, or that take or answer more than before."""
    return sorted({line.partition(":")[0] for line in breaking(new, old)} - {""})


def is_named(service: str, version: str, changelog: str) -> bool:
    """Tell whether the changelog has a heading for a version: `## intake, archive 1.2.0` is one for two services."""
    headings = (_HEADING.fullmatch(line) for line in changelog.splitlines())
    return any(each and service in each[1].split(", ") and each[2] == version for each in headings)


def announced(service: str, old: Json, new: Json, changelog: str) -> str:
    """Return the changelog with the version of a document that only adds, and what it adds, above the others."""
    version = _joined(_version(service, old, new))
    if is_named(service, version, changelog):
        return changelog
    names, heading = ", ".join(f"`{name}`" for name in added(old, new)), f"## {service} {version}\n\n"
    said = f"New, or takes or answers more: {names}.\n\n" if names else "Other words only.\n\n"
    begin = changelog.index("\n## ") + 1
    return changelog[:begin] + heading + said + changelog[begin:]


def too_soon(old: Json, new: Json, day: date) -> Iterator[str]:
    """Yield what goes before the twelve months are over that were promised for it, or is deprecated for the past."""
    before, after = dict(_operations(old)), dict(_operations(new))
    for key, operation in before.items():
        sunset = _day(operation, "x-sunset")
        if key not in after:
            if sunset is None:
                yield f"{operation['operationId']} goes and was never deprecated"
            elif day <= sunset:
                yield f"{operation['operationId']} goes and is promised until {sunset}"
        elif (later := _day(after[key], "x-sunset")) and sunset and later < sunset:
            yield f"{operation['operationId']} is promised until {sunset}, not {later}"
    for key, operation in after.items():
        since = _day(operation, "x-deprecated-since")
        if since and since < day and _day(before.get(key, {}), "x-deprecated-since") != since:
            yield f"{operation['operationId']} cannot be deprecated since {since}, released on {day}"


def _operations(document: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    for path, operations in document.get("paths", {}).items():
        yield from (((path, method), told) for method, told in operations.items() if "operationId" in told)


def _day(operation: Json, name: str) -> date | None:
    return date.fromisoformat(operation[name]) if name in operation else None


def set_version(service: str, version: str) -> None:
    """Write a document's version to where its words stand."""
    path = ROOT / "services" / service / "api" / "document.yaml"
    path.write_text(_VERSION.sub(f"version: {version}", path.read_text(), count=1))


def _parts(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _joined(parts: tuple[int, int, int]) -> str:
    return ".".join(map(str, parts))
