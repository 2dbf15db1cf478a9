"""How a volume is opened, filled and completed."""

from dataclasses import replace
from datetime import date

from services.archive.domain.dossier.decisions import DECIDER
from services.archive.domain.dossier.events import PaperEntered
from shared.contracts.archive import DossierOpened, VolumeCompleted
from shared.rules.pack import Entry, Rulebook, Status
from tests.support.builders import (
    CASE,
    COMPLETE,
    ENTER_CONCLUSION,
    ENTER_FEEDBACK,
    ENTRUST,
    MATTER,
    OPEN_DOSSIER,
    PACK,
    an_id,
)
from tests.support.given import RULES, given, history
from tests.unit.machines import Machine, table

FILLED = [OPEN_DOSSIER, ENTER_CONCLUSION]
MACHINE = Machine(
    title="卷宗 dossier (archive)",
    decider=DECIDER,
    ways={"none": [], "open": FILLED, "complete": [*FILLED, COMPLETE]},
    commands={
        "OpenDossier": replace(OPEN_DOSSIER, matter=an_id(9)),
        "EnterPaper": ENTER_FEEDBACK,
        "CompleteVolume": replace(COMPLETE, pages=12),
        "EntrustDossier": ENTRUST,
    },
)
TABLE = table("""
OpenDossier    | → open               | none
OpenDossier    | dossier-already-open | open complete
EnterPaper     | dossier-unknown      | none
EnterPaper     | ✓                    | open complete
CompleteVolume | dossier-unknown      | none
CompleteVolume | → complete           | open
CompleteVolume | dossier-complete     | complete
EntrustDossier | =                    | none
EntrustDossier | ✓                    | open complete
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestOpen:
    def test_demands_nothing_where_the_targets_were_not_published(self) -> None:
        given(DECIDER).when(OPEN_DOSSIER).then(
            DossierOpened(case_id=CASE, matter=MATTER, jurisdiction="331123", rules_version=PACK, targets=None)
        )

    def test_names_the_targets_where_the_rules_do(self) -> None:
        target = Entry(code="integrity_file", label="廉政档案", reference="S2", status=Status.SEED)
        elsewhere = Rulebook([RULES.get(PACK).model_copy(update={"archive_targets": (target,)})])
        opened = history(DECIDER, OPEN_DOSSIER, rules=elsewhere)[0]
        assert isinstance(opened, DossierOpened)
        assert opened.targets == ("integrity_file",)

    def test_is_refused_under_rules_that_are_not_ours(self) -> None:
        given(DECIDER).when(replace(OPEN_DOSSIER, rules_version="150200/2019-01-01")).then_rejected(
            "rules-version-unknown"
        )


class TestEnterPaper:
    def test_lists_two_sealed_texts_of_one_event(self) -> None:
        departure = replace(ENTER_CONCLUSION, field="departure_reasons")
        given(DECIDER, history(DECIDER, *FILLED)).when(departure).then_types(PaperEntered)

    def test_lists_a_text_once_whatever_it_is_called(self) -> None:
        given(DECIDER, history(DECIDER, *FILLED)).when(replace(ENTER_CONCLUSION, paper="report")).then_nothing()

    def test_is_refused_for_a_kind_of_paper_that_does_not_exist(self) -> None:
        given(DECIDER, history(DECIDER, OPEN_DOSSIER)).when(replace(ENTER_CONCLUSION, paper="rumour")).then_rejected(
            "paper-unknown", "/paper"
        )

    def test_is_refused_for_a_paper_of_tomorrow(self) -> None:
        tomorrow = replace(ENTER_CONCLUSION, on=date(2023, 5, 5))
        given(DECIDER, history(DECIDER, OPEN_DOSSIER)).when(tomorrow).then_rejected("date-in-future", "/on")


class TestComplete:
    def test_needs_the_conclusion_among_the_papers(self) -> None:
        only_feedback = history(DECIDER, OPEN_DOSSIER, ENTER_FEEDBACK)
        given(DECIDER, only_feedback).when(COMPLETE).then_rejected("conclusion-paper-missing")

    def test_tells_pages_and_retention(self) -> None:
        given(DECIDER, history(DECIDER, *FILLED)).when(COMPLETE).then(
            VolumeCompleted(
                case_id=CASE,
                matter=MATTER,
                jurisdiction="331123",
                rules_version=PACK,
                completed_on=date(2022, 12, 30),
                pages=47,
                retention="permanent",
            )
        )

    def test_needs_a_page_and_a_day_after_the_conclusion(self) -> None:
        filled = history(DECIDER, *FILLED)
        given(DECIDER, filled).when(replace(COMPLETE, pages=0)).then_rejected("pages-missing", "/pages")
        given(DECIDER, filled).when(replace(COMPLETE, pages=1)).then_types(VolumeCompleted)
        given(DECIDER, filled).when(replace(COMPLETE, on=date(2022, 5, 4))).then_rejected("date-out-of-order", "/on")
        given(DECIDER, filled).when(replace(COMPLETE, on=date(2023, 5, 5))).then_rejected("date-in-future", "/on")
