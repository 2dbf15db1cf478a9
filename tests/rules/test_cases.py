"""Runs the worked examples `cases/<code>.yaml`: each goes through a submission and a case, as it would in life."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.adjudication.domain.tolerance_case.decisions import DECIDER as TOLERANCE_CASE
from services.adjudication.domain.tolerance_case.events import ConclusionIssued
from services.intake.domain.submission.decisions import DECIDER as SUBMISSION
from shared.contracts.adjudication import ToleranceConcluded
from shared.contracts.intake import SubmissionAccepted
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from tests.support import builders as b
from tests.support.given import history

CASES = [
    pytest.param(path.stem, case, id=f"{path.stem} {case['name']}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]
KEYS = {"name", "reference", "situations", "act_on", "conditions", "exclusions", "grounds", "recognised", "outcome"}
KEYS |= {"departure_reasons", "expect", "protections"}


@pytest.mark.parametrize(("jurisdiction", "case"), CASES)
def test_a_worked_example_ends_as_written(jurisdiction: str, case: dict[str, Any]) -> None:
    assert set(case) <= KEYS
    if case["expect"] != case["outcome"]:
        with pytest.raises(Rejected) as refusal:
            decided(jurisdiction, case)
        assert refusal.value.code == case["expect"]
        return
    concluded, issued, _ = decided(jurisdiction, case)[-3:]
    assert isinstance(concluded, ToleranceConcluded)
    assert isinstance(issued, ConclusionIssued)
    assert concluded.outcome == case["expect"]
    assert list(issued.protections) == case.get("protections", list(issued.protections))


def decided(jurisdiction: str, case: dict[str, Any]) -> list[Event]:
    """Return the facts of the case that follows from the example's submission."""
    situations = tuple(case.get("situations", ["SC.1"]))
    act_on = case.get("act_on", b.ACT_ON)
    submit = replace(
        b.FINDING,
        jurisdiction=jurisdiction,
        situations=situations,
        act_on=act_on,
        other_situation=b.sealed("other_situation"),
    )
    accepted = history(SUBMISSION, submit, b.ACCEPT)[-1]
    assert isinstance(accepted, SubmissionAccepted)
    report = replace(
        b.REPORT,
        situations=situations,
        conditions={**b.REPORT.conditions, **case.get("conditions", {})},
        exclusions=tuple(case.get("exclusions", ())),
    )
    conclude = replace(
        b.CONCLUDE,
        outcome=case["outcome"],
        grounds=tuple(case.get("grounds", ())),
        departure_reasons=b.sealed("departure_reasons") if case.get("departure_reasons") else None,
    )
    recognise = [b.RECOGNISE] if case.get("recognised") else []
    initiate = replace(
        b.INITIATE,
        rules_version=accepted.rules_version,
        jurisdiction=jurisdiction,
        situations=situations,
        act_on=act_on,
    )
    return history(TOLERANCE_CASE, initiate, b.OPEN, b.VISIT, b.HEAR, report, *recognise, conclude)
