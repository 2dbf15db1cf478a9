"""How a tolerance case is concluded and fed back, and on which rule each refusal rests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.adjudication.domain.tolerance_case.commands import ConcludeCase, FileReport, Finding
from services.adjudication.domain.tolerance_case.decisions import DECIDER
from services.adjudication.domain.tolerance_case.events import ConclusionIssued
from shared.contracts.adjudication import FedBack, HandlingRecorded, ToleranceConcluded
from shared.kernel.events import Event
from shared.rules.pack import Rulebook, Status, Unknown
from tests.support.builders import (
    CADRE,
    CASE,
    CONCLUDE,
    FEED_BACK,
    HEAR,
    INITIATE,
    MATTER,
    OPEN,
    OPEN_CLASS_REPORT,
    PACK,
    RECOGNISE,
    REPORT,
    SUBMISSION,
    TALK,
    VISIT,
    sealed,
)
from tests.support.given import RULES, given, history

REASONED = sealed("departure_reasons")
REFUSE = replace(CONCLUDE, outcome="refused", departure_reasons=REASONED)


def reported(report: FileReport = REPORT, *more: Any) -> Sequence[Event]:
    """Return the facts of a case with this report; its talk was held by officer-3, too."""
    return history(DECIDER, INITIATE, OPEN, VISIT, TALK, HEAR, report, *more)


CONCLUDED = (ToleranceConcluded, ConclusionIssued, HandlingRecorded)


def with_finding(condition: str, finding: Finding) -> FileReport:
    """Return the report with another finding on one condition."""
    return replace(REPORT, conditions={**REPORT.conditions, condition: finding})


class TestConclude:
    def test_tells_the_outcome_in_public_and_the_reasons_on_paper(self) -> None:
        given(DECIDER, reported()).when(CONCLUDE).then(
            ToleranceConcluded(
                case_id=CASE,
                matter=MATTER,
                jurisdiction="331123",
                rules_version=PACK,
                outcome="exempt",
                grounds=CONCLUDE.grounds,
                situations=("SC.4",),
                concluded_on=date(2022, 5, 5),
                concerned=CADRE,
                notify=CADRE,
            ),
            ConclusionIssued(
                reasons=sealed("reasons"),
                departure_reasons=None,
                decided_by=CONCLUDE.decided_by,
                legality_confirmed=True,
                protections=("appraisal", "honours", "appointment", "rank_promotion", "professional_title"),
                clerk=CONCLUDE.clerk,
            ),
            HandlingRecorded(
                case_id=CASE,
                matter=MATTER,
                submission_id=SUBMISSION,
                jurisdiction="331123",
                rules_version=PACK,
                concerned=CADRE,
                applicant=None,
                office="office-1",
                persons=("officer-1", "officer-2"),
                recused=(),
            ),
        )

    @pytest.mark.parametrize("outcome", ["reduced", "refused"])
    def test_protects_only_an_exemption(self, outcome: str) -> None:
        other = replace(CONCLUDE, outcome=outcome, departure_reasons=REASONED)
        issued = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, REPORT, other)[-2]
        assert isinstance(issued, ConclusionIssued)
        assert issued.protections == ()

    @pytest.mark.parametrize(
        ("change", "code", "pointer"),
        [
            ({"outcome": "filed"}, "code-not-in-rules", "/outcome"),
            ({"grounds": ("good_weather",)}, "code-not-in-rules", "/grounds"),
            ({"decided_by": ("member-1",)}, "collective-decision-needed", "/decided_by"),
            ({"decided_by": ("member-1", "officer-1")}, "investigator-cannot-decide", "/decided_by"),
            ({"decided_by": ("member-1", "officer-3")}, "investigator-cannot-decide", "/decided_by"),
            ({"legality_confirmed": False}, "legality-not-confirmed", "/legality_confirmed"),
            ({"concluded_on": date(2022, 4, 27)}, "date-out-of-order", "/concluded_on"),
            ({"concluded_on": date(2023, 5, 5)}, "date-in-future", "/concluded_on"),
        ],
    )
    def test_is_refused_for_content_that_breaks_a_rule(self, change: dict[str, Any], code: str, pointer: str) -> None:
        given(DECIDER, reported()).when(replace(CONCLUDE, **change)).then_rejected(code, pointer)

    def test_calls_separation_of_persons_an_analogy_and_not_law(self) -> None:
        refusal = (
            given(DECIDER, reported())
            .when(replace(CONCLUDE, decided_by=("member-1", "officer-2")))
            .then_rejected("investigator-cannot-decide")
        )
        assert "参照" in refusal.detail


class TestGeneralRule:
    """遂昌 S0: 出于公心、尽职尽责、未谋私利，且及时纠错纠偏的，一般予以免责."""

    @pytest.mark.parametrize(
        ("report", "outcome", "needs_reasons"),
        [
            (REPORT, "exempt", False),
            (REPORT, "reduced", True),
            (REPORT, "refused", True),
            (with_finding("diligent", "unproven"), "exempt", True),
            (with_finding("diligent", "not_met"), "exempt", True),
            (with_finding("diligent", "not_met"), "reduced", False),
            (with_finding("diligent", "not_met"), "refused", False),
        ],
    )
    def test_is_departed_from_with_reasons_only(self, report: FileReport, outcome: str, needs_reasons: bool) -> None:
        conclude: ConcludeCase = replace(CONCLUDE, outcome=outcome)
        facts = reported(report)
        if needs_reasons:
            given(DECIDER, facts).when(conclude).then_rejected("departure-needs-reasons", "/departure_reasons")
            conclude = replace(conclude, departure_reasons=REASONED)
        given(DECIDER, facts).when(conclude).then_types(*CONCLUDED)


class TestExcludedConduct:
    """三个区分开来: what lies on the other side is never tolerated, whatever reasons are given."""

    @pytest.mark.parametrize("outcome", ["exempt", "reduced"])
    @pytest.mark.parametrize(
        "report", [replace(REPORT, exclusions=("N.2",)), with_finding("no_private_gain", "not_met")]
    )
    def test_is_not_tolerated(self, report: FileReport, outcome: str) -> None:
        tolerated = replace(CONCLUDE, outcome=outcome, departure_reasons=REASONED)
        given(DECIDER, reported(report)).when(tolerated).then_rejected("excluded-conduct", "/outcome")
        given(DECIDER, reported(report)).when(REFUSE).then_types(*CONCLUDED)

    def test_unproven_private_gain_is_not_private_gain(self) -> None:
        reduced = replace(CONCLUDE, outcome="reduced")
        facts = reported(with_finding("no_private_gain", "unproven"))
        given(DECIDER, facts).when(reduced).then_types(*CONCLUDED)


class TestOpenClass:
    """8+X 的 X: 需要认定的其他情形."""

    def test_has_to_be_recognised_before_the_conclusion(self) -> None:
        given(DECIDER, reported(OPEN_CLASS_REPORT)).when(CONCLUDE).then_rejected("situation-not-recognised")
        given(DECIDER, reported(OPEN_CLASS_REPORT, RECOGNISE)).when(CONCLUDE).then_types(*CONCLUDED)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"situation": "SC.4"}, "situation-needs-no-recognition"),
            ({"recognised_by": ("member-1",)}, "collective-decision-needed"),
            ({"recognised_by": ("member-1", "officer-3")}, "investigator-cannot-decide"),
            ({"on": date(2022, 4, 27)}, "date-out-of-order"),
            ({"on": date(2023, 5, 5)}, "date-in-future"),
        ],
    )
    def test_is_recognised_collectively_by_others_than_the_investigators(
        self, change: dict[str, Any], code: str
    ) -> None:
        given(DECIDER, reported(OPEN_CLASS_REPORT)).when(replace(RECOGNISE, **change)).then_rejected(code)

    def test_is_recognised_once(self) -> None:
        again = replace(RECOGNISE, reasons=sealed("reasons", "again"))
        given(DECIDER, reported(OPEN_CLASS_REPORT, RECOGNISE)).when(again).then_rejected("situation-already-recognised")


class TestUnknownIsNotEmpty:
    def test_nothing_is_demanded_on_what_a_place_did_not_publish(self) -> None:
        unknown = Unknown(reference="S0", status=Status.UNKNOWN)
        silent = dict.fromkeys(("conditions", "excluded", "outcomes", "grounds", "activities", "protections"), unknown)
        rules = Rulebook([RULES.get(PACK).model_copy(update=silent)])
        report = replace(REPORT, conditions={}, exclusions=("N.1",))
        conclude = replace(CONCLUDE, outcome="exempt", grounds=("local_ground",))
        facts = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, report, rules=rules)
        given(DECIDER, facts, rules).when(conclude).then_types(*CONCLUDED)


class TestGiveFeedback:
    def test_tells_the_party_the_outcome(self) -> None:
        given(DECIDER, reported(REPORT, CONCLUDE)).when(FEED_BACK).then(
            FedBack(
                case_id=CASE,
                matter=MATTER,
                jurisdiction="331123",
                rules_version=PACK,
                outcome="exempt",
                notify=CADRE,
                concerned=CADRE,
                fed_back_on=date(2022, 5, 6),
                explained=False,
            )
        )

    def test_of_a_refusal_is_explained(self) -> None:
        refused = reported(REPORT, REFUSE)
        refusal = given(DECIDER, refused).when(FEED_BACK).then_rejected("refusal-not-explained", "/explained")
        assert "参照" in refusal.detail
        given(DECIDER, refused).when(replace(FEED_BACK, explained=True)).then_types(FedBack)

    def test_follows_the_conclusion_and_lies_not_in_the_future(self) -> None:
        concluded = reported(REPORT, CONCLUDE)
        given(DECIDER, concluded).when(replace(FEED_BACK, on=date(2022, 5, 4))).then_rejected("date-out-of-order")
        given(DECIDER, concluded).when(replace(FEED_BACK, on=date(2023, 5, 5))).then_rejected("date-in-future")
