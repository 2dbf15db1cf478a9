"""Investigator, adjudicator and reviewer are three persons (V1), and who is recused is none of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.adjudication.domain.tolerance_case.decisions import DECIDER
from services.adjudication.domain.tolerance_case.events import (
    DefenceHeard,
    InvestigationOpened,
    InvestigationRecorded,
    OfficeAssigned,
    ReportFiled,
)
from shared.contracts.adjudication import HandlingRecorded
from shared.kernel.events import Event
from tests.support.builders import (
    ASSIGN,
    CONCLUDE,
    END_GRANT,
    GRANT,
    HEAR,
    INITIATE,
    OPEN,
    OPEN_CLASS_REPORT,
    RECOGNISE,
    RECUSE,
    REPORT,
    VISIT,
    an_id,
    sealed,
)
from tests.support.given import given, history

STEPS = [OPEN, VISIT, HEAR, REPORT]
ACTS = [(OPEN, "officers"), (VISIT, "officers"), (HEAR, "heard_by"), (REPORT, "signed_by")]
DECISIONS = [(CONCLUDE, "decided_by", REPORT), (RECOGNISE, "recognised_by", OPEN_CLASS_REPORT)]
APART = ["adjudication_committee", "trial_office", "review_team", "expert_group"]


def facts_before(act: Any, *more: Any) -> list[Event]:
    """Return the facts of a case in which `more` has happened and `act` comes next."""
    return history(DECIDER, INITIATE, *more, *STEPS[: STEPS.index(act)])


def let_in(person: str, role: str) -> Any:
    """Return the command that grants a role."""
    return replace(GRANT, grant_id=an_id(107), person=person, role=role)


class TestWhoEnteredAStep:
    """Whoever opens, records, hears or reports investigates, whomever he names, and whose the case is or becomes."""

    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("assigned", ["before", "after", "never"])
    def test_of_the_investigation_does_not_decide(self, step: Any, assigned: str) -> None:
        entered = [replace(each, clerk="clerk-77") if each is step else each for each in STEPS]
        before, after = [ASSIGN] * (assigned == "before"), [ASSIGN] * (assigned == "after")
        facts = history(DECIDER, INITIATE, *before, entered[0], *after, *entered[1:])
        decides = replace(CONCLUDE, decided_by=("member-1", "Clerk-77"))
        given(DECIDER, facts).when(decides).then_rejected("investigator-cannot-decide", "/decided_by")
        given(DECIDER, facts).when(replace(CONCLUDE, clerk="CLERK-77")).then_rejected("investigator-cannot-decide")
        for role in APART:
            given(DECIDER, facts).when(let_in("clerk-77", role)).then_rejected("investigator-cannot-decide", "/person")

    @pytest.mark.parametrize("name", ["officer-1", "officer-2", "clerk-7"])
    def test_counts_after_the_case_has_gone_to_another_office(self, name: str) -> None:
        facts = history(DECIDER, INITIATE, replace(OPEN, clerk="clerk-7"), ASSIGN)
        assert name in DECIDER.fold(DECIDER.initial, facts).investigators

    def test_counts_though_a_later_report_has_other_signatures(self) -> None:
        first = replace(REPORT, signed_by=(*REPORT.signed_by, "officer-5"), clerk="clerk-6")
        heard_again = replace(HEAR, statement=sealed("statement", "more"), on=REPORT.on)
        facts = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, first, heard_again, REPORT)
        for person in ("officer-5", "clerk-6"):
            decides = replace(CONCLUDE, decided_by=("member-1", person))
            given(DECIDER, facts).when(decides).then_rejected("investigator-cannot-decide", "/decided_by")

    def test_counts_in_a_log_that_does_not_tell_who_entered_it(self) -> None:
        old = InvestigationOpened.model_validate_json('{"officers":["officer-1"],"opened_on":"2022-04-21"}')
        assert old.clerk is None
        taken = OfficeAssigned(office=None, persons=("clerk-7", "officer-1"))
        again = OfficeAssigned(office="office-2", persons=())
        case = DECIDER.fold(DECIDER.initial, [*history(DECIDER, INITIATE), old, taken, again])
        assert case.investigators == {"clerk-7", "officer-1"}

    @pytest.mark.parametrize("step", STEPS)
    def test_is_not_part_of_what_was_said_so_that_a_colleague_repeats_it_in_vain(self, step: Any) -> None:
        facts = history(DECIDER, INITIATE, *STEPS[: STEPS.index(step) + 1])
        given(DECIDER, facts).when(replace(step, clerk="officer-2")).then_nothing()

    @pytest.mark.parametrize(("decision", "_named", "report"), DECISIONS)
    def test_of_a_decision_does_not_review(self, decision: Any, _named: str, report: Any) -> None:
        entered = replace(decision, clerk="member-9")
        facts = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, report, entered)
        review = let_in("member-9", "review_team")
        given(DECIDER, facts).when(review).then_rejected("decider-cannot-review", "/person")


class TestWhoWasLetInToJudge:
    @pytest.mark.parametrize("role", APART)
    @pytest.mark.parametrize(("act", "named"), ACTS)
    def test_does_not_investigate(self, act: Any, named: str, role: str) -> None:
        facts = facts_before(act, let_in("judge-8", role))
        names = replace(act, **{named: ("officer-1", "officer-2", "Judge-8")})
        given(DECIDER, facts).when(names).then_rejected("investigator-cannot-decide", f"/{named}")
        entered = given(DECIDER, facts).when(replace(act, clerk="JUDGE-8"))
        assert entered.then_rejected("investigator-cannot-decide").pointer is None

    def test_does_not_investigate_after_his_grant_has_ended_either(self) -> None:
        facts = history(DECIDER, INITIATE, GRANT, END_GRANT)
        later = replace(OPEN, clerk=GRANT.person, at=GRANT.ends_at + timedelta(days=1))
        given(DECIDER, facts).when(later).then_rejected("investigator-cannot-decide")

    def test_may_investigate_if_he_was_consulted_only(self) -> None:
        facts = history(DECIDER, INITIATE, let_in("officer-2", "org_dept"))
        given(DECIDER, facts).when(OPEN).then_types(InvestigationOpened, OfficeAssigned, HandlingRecorded)

    def test_is_one_who_recognised_a_situation_too(self) -> None:
        facts = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, OPEN_CLASS_REPORT, RECOGNISE)
        again = replace(HEAR, statement=sealed("statement", "more"), heard_by=("officer-1", "member-3"))
        given(DECIDER, facts).when(again).then_rejected("investigator-cannot-decide", "/heard_by")

    @pytest.mark.parametrize(("decision", "named", "report"), DECISIONS)
    def test_to_review_does_not_decide(self, decision: Any, named: str, report: Any) -> None:
        facts = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, report, let_in("reviewer-4", "review_team"))
        names = replace(decision, **{named: ("member-1", "Reviewer-4")})
        refusal = given(DECIDER, facts).when(names).then_rejected("decider-cannot-review", f"/{named}")
        assert refusal.reference == "监督执纪工作规则 59"
        given(DECIDER, facts).when(replace(decision, clerk="reviewer-4")).then_rejected("decider-cannot-review")


class TestWhoIsRecused:
    OFFICER_OUT = replace(RECUSE, person="Officer-2", by="officer-2", by_leader=True)

    @pytest.mark.parametrize(("act", "named"), ACTS)
    def test_does_not_investigate(self, act: Any, named: str) -> None:
        facts = facts_before(act, RECUSE)
        names = replace(act, **{named: ("officer-1", "officer-2", "Member-9")})
        given(DECIDER, facts).when(names).then_rejected("person-recused", f"/{named}")
        given(DECIDER, facts).when(replace(act, clerk="member-9")).then_rejected("person-recused")

    def test_does_not_go_on_investigating(self) -> None:
        opened = history(DECIDER, INITIATE, OPEN, self.OFFICER_OUT)
        given(DECIDER, opened).when(VISIT).then_rejected("person-recused", "/officers")

    def test_does_not_sign_the_report_and_somebody_takes_his_place(self) -> None:
        heard = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, self.OFFICER_OUT)
        given(DECIDER, heard).when(REPORT).then_rejected("person-recused", "/signed_by")
        alone = replace(REPORT, signed_by=("officer-1",))
        given(DECIDER, heard).when(alone).then_rejected("two-officers-needed", "/signed_by")
        with_another = replace(REPORT, signed_by=("officer-1", "officer-5"))
        given(DECIDER, heard).when(with_another).then_rejected("two-officers-needed", "/signed_by")
        visit = replace(VISIT, record_id=an_id(108), officers=("officer-1", "officer-5"))
        replaced = history(DECIDER, INITIATE, OPEN, VISIT, HEAR, self.OFFICER_OUT, visit)
        given(DECIDER, replaced).when(with_another).then_types(ReportFiled)
        without_first = replace(REPORT, signed_by=("officer-5", "officer-6"))
        given(DECIDER, replaced).when(without_first).then_rejected("report-unsigned", "/signed_by")

    def test_leaves_the_hearing_to_others(self) -> None:
        facts = history(DECIDER, INITIATE, OPEN, VISIT, self.OFFICER_OUT)
        given(DECIDER, facts).when(HEAR).then_rejected("person-recused", "/heard_by")
        given(DECIDER, facts).when(replace(HEAR, heard_by=("officer-1", "officer-5"))).then_types(DefenceHeard)
        visit = replace(VISIT, record_id=an_id(108), officers=("officer-1", "officer-5"))
        given(DECIDER, facts).when(visit).then_types(InvestigationRecorded)
