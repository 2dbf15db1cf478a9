"""Medians, percentiles and the report that quotes them."""

import json
from pathlib import Path

import pytest

from bench.figures import Latency, Spread, latency, percentile, spread
from bench.report import Report, Table, shown


def test_a_spread_is_median_lowest_and_highest_whatever_the_order() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert spread([4.0, 1.0]) == Spread(2.5, 1.0, 4.0)
    with pytest.raises(ValueError, match="no runs"):
        spread([])


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = list(range(1, 101))
    assert [percentile(hundred, percent) for percent in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7.0], 99) == 7.0
    assert latency(n * 1_000_000 for n in hundred) == Latency(50.0, 99.0)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.01234, "0.0123"), (12345.6, "12,346"), (1_000_000, "1,000,000"), ("x", "x")]
)
def test_cells_are_short(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_report_says_the_same_to_machines_and_to_people(tmp_path: Path) -> None:
    table = Table("append", ("store", "appends/s"), [{"store": "甲", "appends/s": 1234.5}], note="Medians.")
    report = Report("store", "Beside others", "make bench-store", {"rounds": 3}, {"PostgreSQL": "18"}, [table])
    report.ratios["甲 / 乙"] = 2.34567
    report.left_out["丙"] = "not installed"
    report.write(tmp_path)
    document = json.loads((tmp_path / "store.json").read_text())
    page = (tmp_path / "store.md").read_text()
    assert document["ratios"] == {"甲 / 乙": 2.346}
    assert document["left_out"] == {"丙": "not installed"}
    assert document["tables"] == {"append": [{"store": "甲", "appends/s": 1234.5}]}
    assert document["machine"]["cores"] >= 1
    assert "* 甲 / 乙: 2.35" in page
    assert "Left out: 丙: not installed." in page
    assert "| 甲 | 1,234 |" in page
