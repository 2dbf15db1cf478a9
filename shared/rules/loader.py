"""Reads rule packs from YAML, strictly: whatever is not understood, or has no source, is refused at start-up."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from shared.rules.pack import Entry, Rulebook, RulePack
from shared.rules.strict_yaml import load_strict

PACKS = Path(__file__).parent / "packs"
SLOT_TAGS = {"known", "unknown"}


class RulesInvalid(Exception):
    """A pack that cannot be trusted: names the file, the place in it (as a path) and the reason."""

    def __init__(self, file: Path, path: str, reason: str) -> None:
        super().__init__(f"{file}: {path or '/'}: {reason}")
        self.file, self.path, self.reason = file, path, reason


def load_rulebook(directory: Path = PACKS) -> Rulebook:
    """Read every pack `<code>/<from>.yaml` under `directory`; raises RulesInvalid for the first that is not right."""
    files = sorted(directory.glob("*/*.yaml"))
    packs = {pack.version: pack for pack in map(load_pack, files)}
    for file in files:
        parent = packs[_version(file)].extends
        if parent is not None and (parent not in packs or parent == _version(file)):
            raise RulesInvalid(file, "/extends", f"there is no pack {parent} to extend")
    return Rulebook(packs.values())


def load_pack(file: Path) -> RulePack:
    """Read one pack, whose place and name repeat its jurisdiction and its first day."""
    try:
        pack = RulePack.model_validate(load_strict(file.read_text("utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RulesInvalid(file, "", str(error)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise RulesInvalid(file, _path(first["loc"]), first["msg"]) from error
    if pack.version != _version(file):
        raise RulesInvalid(file, "/in_force_from", f"the file is named {_version(file)}, its content is {pack.version}")
    _check_sources(file, pack)
    _check_codes(file, pack)
    return pack


def _check_sources(file: Path, pack: RulePack) -> None:
    """The first word of every reference is one of the pack's sources; several references are separated by `; `."""
    for path, reference in _references(pack.model_dump(), ""):
        for one in reference.split("; "):
            if one.split(" ")[0] not in pack.sources:
                raise RulesInvalid(file, path, f"{one} is not among the sources")


def _check_codes(file: Path, pack: RulePack) -> None:
    """A code names one entry of its section."""
    for name, section in pack:
        codes = [entry.code for entry in section if isinstance(entry, Entry)] if isinstance(section, tuple) else []
        if len(set(codes)) < len(codes):
            raise RulesInvalid(file, f"/{name}", "a code stands twice")


def _references(value: Any, path: str) -> list[tuple[str, str]]:
    """Return every `reference` below `value` with its path."""
    if isinstance(value, list | tuple):
        return [found for index, member in enumerate(value) for found in _references(member, f"{path}/{index}")]
    if not isinstance(value, dict):
        return []
    own = [(f"{path}/reference", value["reference"])] if "reference" in value else []
    return own + [found for key, member in value.items() for found in _references(member, f"{path}/{key}")]


def _version(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{step}" for step in location if step not in SLOT_TAGS)
