"""How a tolerance case goes from its initiation to its report, and every command in every state."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.adjudication.domain.tolerance_case.commands import Finding
from services.adjudication.domain.tolerance_case.decisions import DECIDER
from services.adjudication.domain.tolerance_case.events import DefenceHeard, InvestigationRecorded, ReportFiled
from tests.support.builders import (
    ASSIGN,
    CONCLUDE,
    END_GRANT,
    FEED_BACK,
    GRANT,
    HEAR,
    INITIATE,
    OPEN,
    OPEN_CLASS_REPORT,
    RECOGNISE,
    RECUSE,
    REPORT,
    TALK,
    VISIT,
    sealed,
)
from tests.support.given import given, history
from tests.unit.machines import Machine, table

OPENED = [INITIATE, OPEN]
INVESTIGATED = [*OPENED, VISIT]
DEFENDED = [*INVESTIGATED, HEAR]
REPORTED = [*DEFENDED, REPORT]
MACHINE = Machine(
    title="容错案件 tolerance_case (adjudication)",
    decider=DECIDER,
    ways={
        "none": [],
        "initiated": [INITIATE],
        "investigating": INVESTIGATED,
        "defended": DEFENDED,
        "reported": REPORTED,
        "reported(X)": [*DEFENDED, OPEN_CLASS_REPORT],
        "concluded": [*REPORTED, CONCLUDE],
        "fed_back": [*REPORTED, CONCLUDE, FEED_BACK],
    },
    commands={
        "InitiateCase": replace(INITIATE, situations=("SC.1",)),
        "OpenInvestigation": replace(OPEN, officers=("officer-8", "officer-9")),
        "RecordInvestigation": TALK,
        "HearDefence": replace(HEAR, statement=None, waiver_signed=True),
        "FileReport": replace(REPORT, facts=sealed("facts", "second")),
        "RecogniseSituation": RECOGNISE,
        "ConcludeCase": replace(CONCLUDE, grounds=()),
        "GiveFeedback": replace(FEED_BACK, explained=True),
        "AssignOffice": ASSIGN,
        "GrantAccess": GRANT,
        "EndAccess": END_GRANT,
        "RecordRecusal": RECUSE,
    },
)
TABLE = table("""
InitiateCase        | → initiated                    | none
InitiateCase        | case-already-initiated | initiated investigating defended reported reported(X) concluded fed_back
OpenInvestigation   | case-unknown                   | none
OpenInvestigation   | → investigating                | initiated
OpenInvestigation   | investigation-already-open     | investigating defended reported reported(X) concluded fed_back
RecordInvestigation | case-unknown                   | none
RecordInvestigation | investigation-not-open         | initiated
RecordInvestigation | ✓                              | investigating defended
RecordInvestigation | report-already-filed           | reported reported(X)
RecordInvestigation | case-already-concluded         | concluded fed_back
HearDefence         | case-unknown                   | none
HearDefence         | investigation-not-open         | initiated
HearDefence         | → defended                     | investigating reported reported(X)
HearDefence         | ✓                              | defended
HearDefence         | case-already-concluded         | concluded fed_back
FileReport          | case-unknown                   | none
FileReport          | investigation-not-open         | initiated
FileReport          | defence-not-heard              | investigating
FileReport          | → reported                     | defended
FileReport          | report-already-filed           | reported reported(X)
FileReport          | case-already-concluded         | concluded fed_back
RecogniseSituation  | case-unknown                   | none
RecogniseSituation  | report-not-filed               | initiated investigating defended
RecogniseSituation  | situation-needs-no-recognition | reported
RecogniseSituation  | ✓                              | reported(X)
RecogniseSituation  | case-already-concluded         | concluded fed_back
ConcludeCase        | case-unknown                   | none
ConcludeCase        | report-not-filed               | initiated investigating defended
ConcludeCase        | → concluded                    | reported
ConcludeCase        | situation-not-recognised       | reported(X)
ConcludeCase        | case-already-concluded         | concluded fed_back
GiveFeedback        | case-unknown                   | none
GiveFeedback        | case-not-concluded             | initiated investigating defended reported reported(X)
GiveFeedback        | → fed_back                     | concluded
GiveFeedback        | case-already-fed-back          | fed_back
AssignOffice        | case-unknown                   | none
AssignOffice        | ✓ | initiated investigating defended reported reported(X) concluded fed_back
GrantAccess         | case-unknown                   | none
GrantAccess         | ✓ | initiated investigating defended reported reported(X) concluded fed_back
EndAccess           | case-unknown                   | none
EndAccess           | grant-unknown | initiated investigating defended reported reported(X) concluded fed_back
RecordRecusal       | case-unknown                   | none
RecordRecusal       | ✓ | initiated investigating defended reported reported(X) concluded fed_back
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestInitiate:
    def test_is_refused_under_rules_that_are_not_ours(self) -> None:
        given(DECIDER).when(replace(INITIATE, rules_version="331123/1999-01-01")).then_rejected("rules-version-unknown")


class TestOpenInvestigation:
    @pytest.mark.parametrize("officers", [(), ("officer-1",), ("officer-1", "officer-1")])
    def test_needs_two_officers(self, officers: tuple[str, ...]) -> None:
        alone = replace(OPEN, officers=officers)
        refusal = given(DECIDER, history(DECIDER, INITIATE)).when(alone).then_rejected("two-officers-needed")
        assert refusal.reference == "监督执纪工作规则 42; 政务处分法 42"

    def test_lies_between_the_act_and_today(self) -> None:
        initiated = history(DECIDER, INITIATE)
        given(DECIDER, initiated).when(replace(OPEN, opened_on=date(2022, 4, 14))).then_rejected("date-out-of-order")
        given(DECIDER, initiated).when(replace(OPEN, opened_on=date(2023, 5, 5))).then_rejected("date-in-future")


class TestRecordInvestigation:
    def test_of_a_talk_is_signed_by_the_person_talked_to(self) -> None:
        opened = history(DECIDER, *OPENED)
        given(DECIDER, opened).when(TALK).then_types(InvestigationRecorded)
        for signed in (None, False):
            unsigned = replace(TALK, signed_by_interviewed=signed)
            given(DECIDER, opened).when(unsigned).then_rejected("talk-record-unsigned", "/signed_by_interviewed")

    def test_is_one_of_the_activities_of_the_place(self) -> None:
        given(DECIDER, history(DECIDER, *OPENED)).when(replace(VISIT, kind="telepathy")).then_rejected(
            "code-not-in-rules", "/kind"
        )

    def test_does_not_pass_over_another_record_under_the_same_id(self) -> None:
        again = replace(VISIT, note=sealed("note", "again"))
        given(DECIDER, history(DECIDER, *INVESTIGATED)).when(again).then_rejected("record-id-taken", "/record_id")

    def test_needs_two_officers_and_a_day_since_the_opening(self) -> None:
        opened = history(DECIDER, *OPENED)
        given(DECIDER, opened).when(replace(VISIT, officers=("officer-1",))).then_rejected("two-officers-needed")
        given(DECIDER, opened).when(replace(VISIT, on=date(2022, 4, 20))).then_rejected("date-out-of-order", "/on")
        given(DECIDER, opened).when(replace(VISIT, on=date(2023, 5, 5))).then_rejected("date-in-future", "/on")


class TestHearDefence:
    def test_is_refused_before_anything_was_investigated(self) -> None:
        given(DECIDER, history(DECIDER, *OPENED)).when(HEAR).then_rejected("investigation-without-record")

    @pytest.mark.parametrize(("statement", "waived"), [(None, False), (sealed("statement"), True)])
    def test_takes_a_statement_or_a_signed_waiver_never_both(self, statement: Any, waived: bool) -> None:
        unclear = replace(HEAR, statement=statement, waiver_signed=waived)
        given(DECIDER, history(DECIDER, *INVESTIGATED)).when(unclear).then_rejected("defence-needs-statement-or-waiver")

    def test_needs_two_listeners_and_a_day_since_the_opening(self) -> None:
        investigated = history(DECIDER, *INVESTIGATED)
        given(DECIDER, investigated).when(replace(HEAR, heard_by=("officer-1",))).then_rejected("two-officers-needed")
        given(DECIDER, investigated).when(replace(HEAR, on=date(2022, 4, 20))).then_rejected("date-out-of-order", "/on")
        given(DECIDER, investigated).when(replace(HEAR, on=date(2023, 5, 5))).then_rejected("date-in-future", "/on")

    def test_takes_a_signed_waiver(self) -> None:
        waived = replace(HEAR, statement=None, waiver_signed=True)
        given(DECIDER, history(DECIDER, *INVESTIGATED)).when(waived).then_types(DefenceHeard)

    def test_after_the_report_calls_for_a_new_report(self) -> None:
        heard_again = replace(HEAR, statement=sealed("statement", "more"), on=date(2022, 4, 30))
        facts = history(DECIDER, *REPORTED, heard_again)
        given(DECIDER, facts).when(CONCLUDE).then_rejected("report-not-filed")
        given(DECIDER, facts).when(replace(REPORT, on=date(2022, 4, 30))).then_types(ReportFiled)

    def test_on_the_day_of_the_report_is_answered_even_with_the_same_report(self) -> None:
        heard_again = replace(HEAR, statement=sealed("statement", "more"), on=date(2022, 4, 28))
        given(DECIDER, history(DECIDER, *REPORTED, heard_again)).when(REPORT).then_types(ReportFiled)


class TestFileReport:
    def test_answers_every_condition_of_the_place_and_no_other(self) -> None:
        others: list[dict[str, Finding]] = [{"selfless": "met"}, {**REPORT.conditions, "lucky": "met"}]
        for conditions in others:
            refusal = (
                given(DECIDER, history(DECIDER, *DEFENDED))
                .when(replace(REPORT, conditions=conditions))
                .then_rejected("conditions-incomplete", "/conditions")
            )
            assert "一般予以免责" in str(refusal.reference)

    def test_is_signed_by_everybody_who_opened_the_investigation(self) -> None:
        one_missing = replace(REPORT, signed_by=("officer-1", "officer-3"))
        given(DECIDER, history(DECIDER, *DEFENDED)).when(one_missing).then_rejected("report-unsigned", "/signed_by")

    @pytest.mark.parametrize(
        ("change", "code", "pointer"),
        [
            ({"situations": ()}, "situation-missing", "/situations"),
            ({"situations": ("SC.8",)}, "situation-unpublished", "/situations"),
            ({"exclusions": ("N.9",)}, "code-not-in-rules", "/exclusions"),
            ({"on": date(2022, 4, 24)}, "date-out-of-order", "/on"),
            ({"on": date(2023, 5, 5)}, "date-in-future", "/on"),
        ],
    )
    def test_is_refused_for_content_that_breaks_a_rule(self, change: dict[str, Any], code: str, pointer: str) -> None:
        given(DECIDER, history(DECIDER, *DEFENDED)).when(replace(REPORT, **change)).then_rejected(code, pointer)
