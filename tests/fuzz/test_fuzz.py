"""A short campaign: every operation answers what its document says, and each of them 2xx at least once."""

from pathlib import Path

import pytest

from shared.database.databases import Databases
from tests.fuzz.__main__ import campaign, tell
from tests.fuzz.campaign import Options

CALLS = 1000


def test_every_answer_is_documented(databases: Databases, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = campaign(databases, tmp_path, Options(seed=1, calls=CALLS, coverage=False, fresh=0))
    with capsys.disabled():
        tell(report, 0)
    assert report.wrong == {}
    assert report.never_2xx == []
    assert report.calls >= CALLS
