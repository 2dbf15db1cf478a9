"""The documentation is true: reading order, glossary of events, make targets, decisions, no registry hosts."""

import re
import tomllib
from pathlib import Path

import pytest

from shared.hosting.installation import VERSION
from tests.docs.test_sizes import ROOT, tracked

README = (ROOT / "README.md").read_text()
EVERY_DOCUMENT = "\n".join((ROOT / path).read_text() for path in tracked("*.md"))


def reading_order() -> list[Path]:
    """Return the files that the README tells a newcomer to read, in order."""
    chapter = README.split("## 阅读顺序")[1].split("\n## ")[0]
    return [ROOT / name for name in re.findall(r"^\d+\. `([^`]+)`", chapter, re.MULTILINE)]


class TestReadingOrder:
    def test_names_at_most_eight_files_that_exist(self) -> None:
        assert 0 < len(reading_order()) <= 8
        assert [path for path in reading_order() if not path.is_file()] == []

    def test_takes_half_an_hour(self) -> None:
        assert sum(len(path.read_text().splitlines()) for path in reading_order()) <= 400


def test_every_make_target_has_a_word_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    named = {target for line in targets for target in line.split()}
    helped = set(re.findall(r"^([a-z-]+):[^#\n]*## ", makefile, re.MULTILINE))
    assert named - helped == set()


def test_decisions_are_numbered_without_a_hole_and_have_all_chapters() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{n:04d}" for n in range(1, len(decisions) + 1)]
    for path in decisions:
        for chapter in ("Status:", "## Context", "## Decision", "## Consequences", "## Alternatives", "## References"):
            assert chapter in path.read_text(), f"{path.name} lacks {chapter}"


@pytest.mark.parametrize("service", ["intake", "adjudication", "archive", "notification", "operations", "access"])
def test_every_event_is_documented(service: str) -> None:
    golden = {path.name.split(".")[0] for path in (ROOT / "tests/golden" / service).glob("*.v*.json")}
    assert golden
    assert sorted(name for name in golden if f"`{name}`" not in EVERY_DOCUMENT) == []


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{path}: {link}"
        for path in tracked("*.md")
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / path).read_text())
        if not (ROOT / path).parent.joinpath(link).exists()
    ]
    assert broken == []


def test_nothing_names_the_host_of_a_package_registry() -> None:
    hosts = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "repo1?" + r"\.maven", "npmjs" + r"\.org"]))
    guilty = [str(p) for p in tracked() if p.suffix != ".patch" and hosts.search((ROOT / p).read_text(errors="ignore"))]
    assert guilty == []
