"""How a submission is filed, returned, accepted or withdrawn."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.intake.domain.submission.decisions import DECIDER
from services.intake.domain.submission.events import (
    SubmissionCaseOpened,
    SubmissionRecusalRecorded,
    SubmissionResubmitted,
    SubmissionSubmitted,
    SubmissionTaken,
    SubmissionWithdrawn,
    SupplementRequested,
)
from shared.contracts.intake import Recusal, SubmissionAccepted, SubmissionReturned
from shared.rules.pack import Rulebook, Situation, Status
from shared.rules.recusal import GROUNDS
from tests.support.builders import (
    ACCEPT,
    ACT_ON,
    APPLICATION,
    CADRE,
    CASE,
    FINDING,
    MATTER,
    NOTE_CASE,
    NOTE_HANDLING,
    PACK,
    RECUSE_EARLY,
    RESUBMIT,
    RETURN,
    SUBMISSION,
    UNIT,
    WITHDRAW,
    an_id,
    sealed,
)
from tests.support.given import RULES, given, history
from tests.unit.machines import Machine, table

MACHINE = Machine(
    title="提交 submission (intake)",
    decider=DECIDER,
    ways={
        "none": [],
        "submitted": [APPLICATION],
        "returned": [APPLICATION, RETURN],
        "accepted": [APPLICATION, ACCEPT],
        "withdrawn": [APPLICATION, WITHDRAW],
    },
    commands={
        "SubmitSubmission": replace(APPLICATION, situations=("SC.1",)),
        "ReturnForSupplement": replace(RETURN, missing=sealed("missing", "more")),
        "Resubmit": RESUBMIT,
        "AcceptSubmission": replace(ACCEPT, case_id=an_id(99)),
        "WithdrawSubmission": replace(WITHDRAW, reason=None),
        "RecordSubmissionRecusal": RECUSE_EARLY,
        "NoteCaseOpened": NOTE_CASE,
        "NoteHandling": NOTE_HANDLING,
    },
)
TABLE = table("""
SubmitSubmission    | → submitted                  | none
SubmitSubmission    | submission-already-submitted | submitted returned accepted
SubmitSubmission    | submission-withdrawn         | withdrawn
ReturnForSupplement | submission-unknown           | none
ReturnForSupplement | → returned                   | submitted
ReturnForSupplement | submission-returned          | returned
ReturnForSupplement | submission-already-accepted  | accepted
ReturnForSupplement | submission-withdrawn         | withdrawn
Resubmit            | submission-unknown           | none
Resubmit            | submission-not-returned      | submitted
Resubmit            | → submitted                  | returned
Resubmit            | submission-already-accepted  | accepted
Resubmit            | submission-withdrawn         | withdrawn
AcceptSubmission    | submission-unknown           | none
AcceptSubmission    | → accepted                   | submitted
AcceptSubmission    | submission-returned          | returned
AcceptSubmission    | submission-already-accepted  | accepted
AcceptSubmission    | submission-withdrawn         | withdrawn
WithdrawSubmission  | submission-unknown           | none
WithdrawSubmission  | → withdrawn                  | submitted returned
WithdrawSubmission  | submission-already-accepted  | accepted
WithdrawSubmission  | submission-withdrawn         | withdrawn
RecordSubmissionRecusal | submission-unknown       | none
RecordSubmissionRecusal | ✓                        | submitted returned
RecordSubmissionRecusal | submission-already-accepted | accepted
RecordSubmissionRecusal | submission-withdrawn     | withdrawn
NoteCaseOpened      | submission-unknown           | none
NoteCaseOpened      | submission-not-accepted      | submitted returned
NoteCaseOpened      | ✓                            | accepted
NoteCaseOpened      | submission-withdrawn         | withdrawn
NoteHandling        | submission-unknown           | none
NoteHandling        | ✓                            | submitted returned accepted withdrawn
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestSubmit:
    def test_pins_the_rules_in_force_on_the_day_of_the_act(self) -> None:
        (submitted,) = history(DECIDER, FINDING)
        assert isinstance(submitted, SubmissionSubmitted)
        assert submitted.rules_version == PACK

    def test_is_refused_where_no_rules_were_in_force(self) -> None:
        given(DECIDER).when(replace(FINDING, jurisdiction="610100")).then_rejected("jurisdiction-without-rules")
        before = replace(FINDING, act_on=date(2019, 12, 31))
        given(DECIDER).when(before).then_rejected("jurisdiction-without-rules", "/jurisdiction")

    @pytest.mark.parametrize(
        ("situations", "code"),
        [
            ((), "situation-missing"),
            (("SC.9",), "code-not-in-rules"),
            (("SC.1", "SC.1"), "code-repeated"),
            (("SC.8",), "situation-unpublished"),
            (("SC.X",), "situation-x-needs-text"),
        ],
    )
    def test_is_refused_for_situations_that_cannot_be_claimed(self, situations: tuple[str, ...], code: str) -> None:
        given(DECIDER).when(replace(FINDING, situations=situations)).then_rejected(code)

    def test_takes_the_open_class_with_a_description(self) -> None:
        described = replace(FINDING, situations=("SC.X",), other_situation=sealed("other_situation"))
        given(DECIDER).when(described).then_types(SubmissionSubmitted)

    def test_takes_an_open_class_whose_label_was_not_published(self) -> None:
        pack = RULES.get(PACK)
        open_class = Situation(code="SC.X", label=None, reference="S0", status=Status.UNKNOWN, open_class=True)
        rules = Rulebook([pack.model_copy(update={"situations": (open_class,)})])
        described = replace(FINDING, situations=("SC.X",), other_situation=sealed("other_situation"))
        given(DECIDER, (), rules).when(described).then_types(SubmissionSubmitted)

    @pytest.mark.parametrize("change", [{"found_by": None}, {"found_on": None}, {"applicant": UNIT}])
    def test_of_a_finding_names_the_body_and_the_day_and_no_applicant(self, change: dict[str, Any]) -> None:
        given(DECIDER).when(replace(FINDING, **change)).then_rejected("finding-incomplete")

    @pytest.mark.parametrize(
        "change", [{"applicant": None}, {"applicant_kind": None}, {"found_by": sealed("found_by")}]
    )
    def test_of_an_application_names_who_applies_and_no_finder(self, change: dict[str, Any]) -> None:
        given(DECIDER).when(replace(APPLICATION, **change)).then_rejected("application-incomplete")

    def test_of_what_was_found_before_the_act_is_refused(self) -> None:
        found = replace(FINDING, found_on=date(2022, 4, 14))
        given(DECIDER).when(found).then_rejected("date-out-of-order", "/found_on")

    def test_takes_today_and_refuses_tomorrow_by_the_clock_of_beijing(self) -> None:
        late = datetime(2023, 5, 4, 16, 0, tzinfo=UTC)
        today = replace(FINDING, act_on=date(2023, 5, 5), found_on=date(2023, 5, 5), at=late)
        given(DECIDER).when(today).then_types(SubmissionSubmitted)
        before = replace(today, at=late.replace(hour=15))
        given(DECIDER).when(before).then_rejected("date-in-future", "/act_on")
        given(DECIDER).when(replace(today, found_on=date(2023, 5, 6))).then_rejected("date-in-future", "/found_on")


TAKEN = SubmissionTaken(office="office-1", persons=("officer-1",))


class TestReturn:
    def test_tells_the_world_nothing_of_what_is_missing(self) -> None:
        given(DECIDER, history(DECIDER, APPLICATION)).when(RETURN).then(
            TAKEN,
            SubmissionReturned(
                submission_id=SUBMISSION, matter=MATTER, jurisdiction="331123", rules_version=PACK, notify=UNIT
            ),
            SupplementRequested(missing=sealed("missing")),
        )

    def test_of_a_finding_notifies_no_applicant(self) -> None:
        _, returned, _ = history(DECIDER, FINDING, RETURN)[1:]
        assert isinstance(returned, SubmissionReturned)
        assert returned.notify is None

    def test_can_follow_a_supplement_that_is_not_enough(self) -> None:
        given(DECIDER, history(DECIDER, APPLICATION, RETURN, RESUBMIT)).when(RETURN).then_types(
            SubmissionReturned, SupplementRequested
        )


class TestResubmit:
    def test_replaces_what_was_claimed(self) -> None:
        submission = DECIDER.fold(DECIDER.initial, history(DECIDER, APPLICATION, RETURN, RESUBMIT))
        assert submission.situations == ("SC.4", "SC.X")
        assert submission.statement == RESUBMIT.statement

    def test_answers_a_second_return_even_with_the_same_words(self) -> None:
        returned_again = history(DECIDER, APPLICATION, RETURN, RESUBMIT, RETURN)
        given(DECIDER, returned_again).when(RESUBMIT).then_types(SubmissionResubmitted)

    def test_is_held_to_the_rules_pinned_at_first(self) -> None:
        returned = history(DECIDER, APPLICATION, RETURN)
        given(DECIDER, returned).when(replace(RESUBMIT, situations=("SC.8",))).then_rejected("situation-unpublished")
        given(DECIDER, returned).when(replace(RESUBMIT, other_situation=None)).then_rejected("situation-x-needs-text")


class TestAccept:
    @pytest.mark.parametrize(
        ("submitted", "source", "notify"),
        [
            (FINDING, "inspection", CADRE),
            (APPLICATION, "unit_application", UNIT),
            (replace(APPLICATION, applicant_kind="person", applicant=CADRE), "personal_application", CADRE),
        ],
    )
    def test_names_the_source_and_whom_to_tell(self, submitted: Any, source: str, notify: Any) -> None:
        given(DECIDER, history(DECIDER, submitted)).when(ACCEPT).then(
            TAKEN,
            SubmissionAccepted(
                submission_id=SUBMISSION,
                case_id=CASE,
                matter=MATTER,
                jurisdiction="331123",
                rules_version=PACK,
                kind=submitted.kind,
                source=source,
                concerned=CADRE,
                applicant=submitted.applicant,
                notify=notify,
                situations=("SC.4",),
                act_on=ACT_ON,
            ),
        )

    def test_carries_the_situations_as_supplemented(self) -> None:
        accepted = history(DECIDER, APPLICATION, RETURN, RESUBMIT, ACCEPT)[-1]
        assert isinstance(accepted, SubmissionAccepted)
        assert accepted.situations == ("SC.4", "SC.X")

    def test_hands_on_who_is_recused_and_why(self) -> None:
        accepted = history(DECIDER, FINDING, RECUSE_EARLY, ACCEPT)[-1]
        assert isinstance(accepted, SubmissionAccepted)
        assert accepted.recusals == (Recusal(person="member-8", ground="witness", by="member-8"),)


class TestRecusal:
    @pytest.mark.parametrize("ground", GROUNDS)
    def test_has_four_grounds(self, ground: str) -> None:
        given(DECIDER, history(DECIDER, FINDING)).when(replace(RECUSE_EARLY, ground=ground)).then(
            SubmissionRecusalRecorded(person="member-8", ground=ground, by="member-8")
        )
        given(DECIDER, history(DECIDER, FINDING)).when(replace(RECUSE_EARLY, ground="busy")).then_rejected(
            "recusal-ground-unknown", "/ground"
        )

    def test_of_another_is_a_leaders_word(self) -> None:
        other = replace(RECUSE_EARLY, by="member-1")
        given(DECIDER, history(DECIDER, FINDING)).when(other).then_rejected("recusal-of-another", "/person")
        given(DECIDER, history(DECIDER, FINDING)).when(replace(other, by_leader=True)).then_types(
            SubmissionRecusalRecorded
        )

    def test_is_recorded_once(self) -> None:
        recused = history(DECIDER, FINDING, RECUSE_EARLY)
        assert DECIDER.fold(DECIDER.initial, recused).recused == ("member-8",)
        given(DECIDER, recused).when(RECUSE_EARLY).then()


class TestWithdraw:
    def test_is_for_applications_only(self) -> None:
        given(DECIDER, history(DECIDER, APPLICATION, RETURN)).when(WITHDRAW).then_types(SubmissionWithdrawn)
        given(DECIDER, history(DECIDER, FINDING)).when(WITHDRAW).then_rejected("finding-cannot-be-withdrawn")

    def test_is_the_end_even_for_the_same_submission(self) -> None:
        given(DECIDER, history(DECIDER, APPLICATION, WITHDRAW)).when(APPLICATION).then_rejected("submission-withdrawn")


class TestNoteCaseOpened:
    def test_takes_only_the_case_that_the_acceptance_named(self) -> None:
        accepted = history(DECIDER, FINDING, ACCEPT)
        given(DECIDER, accepted).when(NOTE_CASE).then(SubmissionCaseOpened(case_id=CASE, case_state="open"))
        given(DECIDER, accepted).when(replace(NOTE_CASE, case_id=an_id(98))).then_rejected("case-mismatch")

    def test_turns_the_pending_case_into_an_open_one(self) -> None:
        accepted = DECIDER.fold(DECIDER.initial, history(DECIDER, FINDING, ACCEPT))
        noted = DECIDER.fold(DECIDER.initial, history(DECIDER, FINDING, ACCEPT, NOTE_CASE))
        assert (accepted.case_state, noted.case_state) == ("pending", "open")
