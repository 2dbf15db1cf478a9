"""The README quotes what was measured, and never better than it was."""

import json
from pathlib import Path

import pytest

from bench.readme import QUOTED, README, UNMEASURED, block, block_of, quote, write


def test_the_readme_quotes_the_results_as_they_stand() -> None:
    assert block_of(README.read_text()) == block(), "run `python -m bench readme`"


@pytest.mark.parametrize(
    ("value", "less_is_better", "text"),
    [
        (8.999, False, "8.9"),
        (8.9, False, "8.9"),
        (0.519, False, "0.51"),
        (1.299, False, "1.29"),
        (1.291, True, "1.30"),
        (4.01, True, "4.1"),
    ],
)
def test_a_quoted_ratio_never_looks_better_than_it_was(value: float, less_is_better: bool, text: str) -> None:
    assert quote(value, less_is_better=less_is_better) == text


def results(directory: Path, report: str, value: float) -> None:
    best = "best peer that misses nothing"
    ratios = {q.ratio + " (UmaDB)" * q.ratio.endswith(best): value for q in QUOTED if q.report == report}
    (directory / f"{report}.json").write_text(json.dumps({"ratios": ratios}))


def test_a_changed_result_changes_the_block_and_a_missing_one_is_named(tmp_path: Path) -> None:
    for report in ("store", "bus"):
        results(tmp_path, report, 9.19)
    before = block(tmp_path)
    assert before.count(UNMEASURED) == 1
    assert "不漏事件者中最快的 (UmaDB) | 9.1 |" in before
    results(tmp_path, "store", 9.29)
    assert block(tmp_path) != before
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{before}\n\nafter\n")
    write(readme, tmp_path)
    assert readme.read_text() == f"before\n\n{block(tmp_path)}\n\nafter\n"


def test_a_ratio_that_the_report_does_not_have_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(json.dumps({"ratios": {}}))
    with pytest.raises(KeyError):
        block(tmp_path)
