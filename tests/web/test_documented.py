"""The documentation of the edge is complete."""

import re
from pathlib import Path

from shared.web.catalogue import catalogue

DOCS = Path(__file__).parents[2] / "docs"


def test_the_list_of_problems_is_the_catalogue() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (.+?) \| (.+?) \|", (DOCS / "problems.md").read_text(), re.M)
    assert rows == [(code, str(entry.status), entry.title_zh, entry.title_en) for code, entry in catalogue().items()]


def test_every_code_that_the_conventions_name_exists() -> None:
    text = (DOCS / "http.md").read_text()
    named = re.findall(r"\b4\d\d `([a-z-]+)`|\b503 `([a-z-]+)`", text)
    assert {code for pair in named for code in pair if code} <= set(catalogue())
    assert len(named) >= 10
