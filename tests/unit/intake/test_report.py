"""How a report is received, assigned to an office, or sent up without a word of it being kept."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.intake.domain.report.decisions import DECIDER, UPPER_LEVEL_RULE
from services.intake.domain.report.events import (
    ReportAssigned,
    ReporterIdentified,
    ReportReceived,
    ReportRecusalRecorded,
    ReportTransferRecorded,
)
from services.intake.domain.report.organs import organ_above, stands_above
from shared.rules.recusal import GROUNDS
from tests.support.builders import sealed
from tests.support.given import given, history
from tests.support.report_builders import (
    ANONYMOUS,
    ASSIGN_REPORT,
    REAL_NAME,
    RECUSE_FROM_REPORT,
    REPORT_ID,
    REPORTER,
    SEND_UP,
)
from tests.unit.machines import Machine, table

MACHINE = Machine(
    title="检举控告 report (intake)",
    decider=DECIDER,
    ways={
        "none": [],
        "received": [REAL_NAME],
        "transferred": [REAL_NAME, ASSIGN_REPORT],
        "transferred(up)": [SEND_UP],
    },
    commands={
        "ReceiveReport": ANONYMOUS,
        "RecordTransfer": replace(SEND_UP, managed_by="330000"),
        "AssignReport": replace(ASSIGN_REPORT, office="331123-dic-2"),
        "RecordReportRecusal": RECUSE_FROM_REPORT,
    },
)
TABLE = table("""
ReceiveReport  | → received              | none
ReceiveReport  | report-already-entered  | received transferred transferred(up)
RecordTransfer | → transferred           | none
RecordTransfer | report-already-entered  | received transferred transferred(up)
AssignReport   | report-unknown          | none
AssignReport   | → transferred           | received
AssignReport   | report-already-assigned | transferred
AssignReport   | report-sent-up          | transferred(up)
RecordReportRecusal | report-unknown     | none
RecordReportRecusal | ✓                  | received transferred
RecordReportRecusal | report-sent-up     | transferred(up)
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestReceive:
    def test_keeps_who_reported_apart_from_what_was_reported(self) -> None:
        received, identified = history(DECIDER, REAL_NAME)
        assert isinstance(received, ReportReceived)
        assert isinstance(identified, ReporterIdentified)
        assert identified.reporter == REPORTER
        assert "reporter" not in received.model_dump_json()
        assert "content" not in identified.model_dump()

    def test_of_an_anonymous_report_identifies_nobody(self) -> None:
        given(DECIDER).when(ANONYMOUS).then_types(ReportReceived)

    @pytest.mark.parametrize(
        "change", [{"reporter": None}, {"identity": {}}, {"identity": {"phone": sealed("reporter.phone")}}]
    )
    def test_needs_the_name_of_whoever_is_not_anonymous(self, change: dict[str, Any]) -> None:
        given(DECIDER).when(replace(REAL_NAME, **change)).then_rejected("reporter-unnamed", "/reporter")

    def test_needs_somebody_who_is_reported(self) -> None:
        given(DECIDER).when(replace(ANONYMOUS, concerned=None)).then_rejected("reported-person-missing", "/concerned")
        described = replace(ANONYMOUS, concerned=None, person_described=sealed("person_described"))
        given(DECIDER).when(described).then_types(ReportReceived)

    def test_is_not_dated_in_the_future(self) -> None:
        given(DECIDER).when(replace(ANONYMOUS, received_on=date(2023, 5, 5))).then_rejected("date-in-future")

    def test_of_a_lower_level_cadre_says_so(self) -> None:
        lower = replace(ANONYMOUS, jurisdiction="331100")
        (received,) = history(DECIDER, lower)
        assert isinstance(received, ReportReceived)
        assert (received.managed_by, received.level) == ("331123", "lower")

    @pytest.mark.parametrize("managed_by", ["331122", "331100", "330000", "000000", "610000"])
    def test_never_keeps_what_another_organ_manages(self, managed_by: str) -> None:
        refusal = given(DECIDER).when(replace(REAL_NAME, managed_by=managed_by))
        if stands_above(managed_by, "331123"):
            assert refusal.then_rejected("report-goes-up", "/managed_by").reference == UPPER_LEVEL_RULE
        else:
            refusal.then_rejected("report-not-competent", "/managed_by")

    def test_never_keeps_what_is_about_the_head_of_the_organ(self) -> None:
        given(DECIDER).when(replace(REAL_NAME, head_of_organ=True)).then_rejected("report-goes-up")


class TestTransfer:
    @pytest.mark.parametrize(
        ("managed_by", "head", "to_organ", "ground"),
        [
            ("331100", False, "331100", "upper_level_cadre"),
            ("330000", False, "330000", "upper_level_cadre"),
            ("000000", True, "000000", "upper_level_cadre"),
            ("331123", True, "331100", "head_of_organ"),
        ],
    )
    def test_records_where_it_went_and_on_which_rule(
        self, managed_by: str, head: bool, to_organ: str, ground: Any
    ) -> None:
        given(DECIDER).when(replace(SEND_UP, managed_by=managed_by, head_of_organ=head)).then(
            ReportTransferRecorded(
                report_id=REPORT_ID,
                jurisdiction="331123",
                to_organ=to_organ,
                ground=ground,
                received_on=date(2023, 5, 4),
                rule=UPPER_LEVEL_RULE,
            )
        )

    def test_has_no_room_for_a_word(self) -> None:
        for kind in (ReportTransferRecorded, type(SEND_UP)):
            assert "Sealed" not in str(kind.__annotations__)

    @pytest.mark.parametrize("managed_by", ["331123", "331122"])
    def test_is_refused_for_what_may_be_kept(self, managed_by: str) -> None:
        given(DECIDER).when(replace(SEND_UP, managed_by=managed_by)).then_rejected("report-stays")

    def test_leads_nowhere_above_the_national_organ(self) -> None:
        national = replace(SEND_UP, jurisdiction="000000", managed_by="000000", head_of_organ=True)
        given(DECIDER).when(national).then_rejected("report-stays")

    def test_belongs_to_no_matter(self) -> None:
        report = DECIDER.fold(DECIDER.initial, history(DECIDER, SEND_UP))
        assert (report.matter, report.jurisdiction, report.rules_version) == (None, "331123", None)


def test_a_report_is_assigned_to_one_office() -> None:
    given(DECIDER, history(DECIDER, ANONYMOUS)).when(ASSIGN_REPORT).then(ReportAssigned(office="331123-dic-1"))


class TestRecusal:
    @pytest.mark.parametrize("ground", GROUNDS)
    def test_has_four_grounds(self, ground: str) -> None:
        declared = replace(RECUSE_FROM_REPORT, ground=ground)
        given(DECIDER, history(DECIDER, ANONYMOUS)).when(declared).then(
            ReportRecusalRecorded(person="officer-1", ground=ground, by="officer-1")
        )

    def test_needs_one_of_them(self) -> None:
        wrong = replace(RECUSE_FROM_REPORT, ground="busy")
        given(DECIDER, history(DECIDER, ANONYMOUS)).when(wrong).then_rejected("recusal-ground-unknown", "/ground")

    def test_of_another_is_ordered_by_a_head_and_nobody_else(self) -> None:
        of_another = replace(RECUSE_FROM_REPORT, by="officer-2")
        received = history(DECIDER, ANONYMOUS)
        given(DECIDER, received).when(of_another).then_rejected("recusal-of-another", "/person")
        given(DECIDER, received).when(replace(of_another, by_head=True)).then_types(ReportRecusalRecorded)

    def test_is_recorded_once(self) -> None:
        report = DECIDER.fold(DECIDER.initial, history(DECIDER, ANONYMOUS, RECUSE_FROM_REPORT))
        assert report.recused == {"officer-1"}
        given(DECIDER, history(DECIDER, ANONYMOUS, RECUSE_FROM_REPORT)).when(RECUSE_FROM_REPORT).then()


@pytest.mark.parametrize(
    ("code", "above"),
    [
        ("331123", "331100"),
        ("331100", "330000"),
        ("330000", "000000"),
        ("000000", None),
        ("110105", "110000"),
        ("500243", "500000"),
        ("469001", "460000"),
        ("429004", "420000"),
        ("130100", "130000"),
        ("130102", "130100"),
    ],
)
def test_which_organ_stands_above(code: str, above: str | None) -> None:
    assert organ_above(code) == above


def test_an_organ_stands_above_neither_itself_nor_its_neighbours() -> None:
    assert stands_above("000000", "331123")
    for upper in ("331123", "331122", "331200", "340000"):
        assert not stands_above(upper, "331123")
