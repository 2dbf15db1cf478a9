"""Who has a case, who is let in for a time, and who is out of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.adjudication.domain.tolerance_case.decisions import DECIDER, ToleranceCase
from services.adjudication.domain.tolerance_case.events import (
    AccessEnded,
    InvestigationOpened,
    OfficeAssigned,
    RecusalRecorded,
)
from services.adjudication.domain.tolerance_case.responsibility import GRANTABLE, LONGEST_GRANT
from shared.authz.facts import GRANTS
from shared.authz.roles import Role
from shared.contracts.adjudication import HandlingRecorded
from shared.contracts.intake import Recusal
from shared.rules.recusal import GROUNDS
from tests.support.builders import (
    ASSIGN,
    AT,
    CADRE,
    CASE,
    CONCLUDE,
    END_GRANT,
    GRANT,
    HEAR,
    INITIATE,
    MATTER,
    OPEN,
    OPEN_CLASS_REPORT,
    PACK,
    RECOGNISE,
    RECUSE,
    REPORT,
    SUBMISSION,
    VISIT,
    an_id,
)
from tests.support.given import given, history

REPORTED = [INITIATE, OPEN, VISIT, HEAR, REPORT]


def case_after(*commands: object) -> ToleranceCase:
    return DECIDER.fold(DECIDER.initial, history(DECIDER, *commands))


class TestTheOffice:
    def test_that_opens_the_investigation_has_the_case_with_its_officers(self) -> None:
        given(DECIDER, history(DECIDER, INITIATE)).when(OPEN).then(
            InvestigationOpened(officers=OPEN.officers, opened_on=OPEN.opened_on, clerk=OPEN.clerk),
            OfficeAssigned(office="office-1", persons=("officer-1", "officer-2")),
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

    def test_that_was_assigned_before_keeps_it(self) -> None:
        given(DECIDER, history(DECIDER, INITIATE, ASSIGN)).when(OPEN).then_types(InvestigationOpened)

    def test_that_is_assigned_later_takes_it_over_whole(self) -> None:
        assert case_after(INITIATE, OPEN, ASSIGN).handled == OfficeAssigned(office="office-2", persons=())

    def test_that_is_given_a_case_is_told_to_the_other_services(self) -> None:
        for before in ([INITIATE], [*REPORTED, CONCLUDE]):
            given(DECIDER, history(DECIDER, *before)).when(ASSIGN).then_types(OfficeAssigned, HandlingRecorded)


class TestAGrant:
    def test_is_in_force_from_now_until_its_end(self) -> None:
        case = case_after(INITIATE, GRANT)
        for moment, roles in (
            (AT - timedelta(microseconds=1), set()),
            (AT, {GRANT.role}),
            (GRANT.ends_at - timedelta(microseconds=1), {GRANT.role}),
            (GRANT.ends_at, set()),
        ):
            assert case.granted("member-1", moment) == roles
        assert not case.granted("member-2", AT)

    def test_can_be_ended_before(self) -> None:
        given(DECIDER, history(DECIDER, INITIATE, GRANT)).when(END_GRANT).then(
            AccessEnded(grant_id=GRANT.grant_id, ended_at=AT)
        )
        assert not case_after(INITIATE, GRANT, END_GRANT).granted("member-1", AT)

    def test_that_nobody_gave_cannot_be_ended(self) -> None:
        given(DECIDER, history(DECIDER, INITIATE)).when(END_GRANT).then_rejected("grant-unknown", "/grant_id")

    @pytest.mark.parametrize("length", [timedelta(0), -timedelta(days=1), LONGEST_GRANT + timedelta(seconds=1)])
    def test_has_a_term(self, length: timedelta) -> None:
        wrong = replace(GRANT, ends_at=AT + length)
        given(DECIDER, history(DECIDER, INITIATE)).when(wrong).then_rejected("grant-term-invalid", "/ends_at")

    @pytest.mark.parametrize("role", ["handling_office", "dic_head", "sysadmin", "nobody"])
    def test_is_for_roles_that_need_one(self, role: str) -> None:
        wrong = replace(GRANT, role=role)
        given(DECIDER, history(DECIDER, INITIATE)).when(wrong).then_rejected("role-not-grantable", "/role")

    def test_of_an_id_is_given_once(self) -> None:
        other = replace(GRANT, person="member-2")
        given(DECIDER, history(DECIDER, INITIATE, GRANT)).when(other).then_rejected("grant-id-taken", "/grant_id")

    @pytest.mark.parametrize("role", ["adjudication_committee", "trial_office", "review_team", "expert_group"])
    def test_lets_no_investigator_decide(self, role: str) -> None:
        wrong = replace(GRANT, person="Officer-2", role=role)
        given(DECIDER, history(DECIDER, INITIATE, OPEN)).when(wrong).then_rejected("investigator-cannot-decide")

    def test_lets_nobody_review_what_he_decided(self) -> None:
        concluded = history(DECIDER, *REPORTED, CONCLUDE)
        for person in (CONCLUDE.decided_by[1], CONCLUDE.decided_by[1].upper()):
            wrong = replace(GRANT, person=person, role="review_team")
            given(DECIDER, concluded).when(wrong).then_rejected("decider-cannot-review", "/person")

    @pytest.mark.parametrize("roles", [("adjudication_committee", "review_team"), ("review_team", "trial_office")])
    def test_makes_nobody_decider_and_reviewer(self, roles: tuple[str, str]) -> None:
        first, second = (replace(GRANT, grant_id=an_id(110 + n), role=role) for n, role in enumerate(roles))
        given(DECIDER, history(DECIDER, INITIATE, first)).when(second).then_rejected("decider-cannot-review")

    def test_never_goes_to_who_is_recused(self) -> None:
        wrong = replace(GRANT, person="MEMBER-9")
        given(DECIDER, history(DECIDER, INITIATE, RECUSE)).when(wrong).then_rejected("person-recused", "/person")

    def test_makes_a_fact_true_for_every_role_that_it_can_name(self) -> None:
        assert set(GRANTS) == set(GRANTABLE)

    def test_names_roles_as_users_know_them(self) -> None:
        assert {role: Role(role).label for role in GRANTABLE} == GRANTABLE


class TestRecusal:
    def test_before_the_acceptance_holds_for_the_case(self) -> None:
        told = Recusal(person="member-8", ground="witness", by="leader-2")
        initiated, recused = history(DECIDER, replace(INITIATE, recusals=(told,)))
        assert recused == RecusalRecorded(person="member-8", ground="witness", by="leader-2")
        assert case_after(replace(INITIATE, recusals=(told,))).recused == {"member-8"}
        given(DECIDER, [initiated, recused]).when(replace(INITIATE, recusals=(told,))).then()

    @pytest.mark.parametrize("ground", GROUNDS)
    def test_has_one_of_four_grounds(self, ground: str) -> None:
        assert case_after(INITIATE, replace(RECUSE, ground=ground)).recused == {"member-9"}
        assert len(GROUNDS) == 4

    def test_on_another_ground_is_refused(self) -> None:
        wrong = replace(RECUSE, ground="busy")
        given(DECIDER, history(DECIDER, INITIATE)).when(wrong).then_rejected("recusal-ground-unknown", "/ground")

    def test_of_somebody_else_is_a_leaders_to_order(self) -> None:
        other = replace(RECUSE, by="member-1")
        given(DECIDER, history(DECIDER, INITIATE)).when(other).then_rejected("recusal-of-another", "/person")
        assert case_after(INITIATE, replace(other, by_leader=True)).recused == {"member-9"}

    def test_keeps_a_person_out_of_every_later_act(self) -> None:
        decides = replace(CONCLUDE, decided_by=(*CONCLUDE.decided_by, "Member-9"))
        given(DECIDER, history(DECIDER, *REPORTED, RECUSE)).when(decides).then_rejected("person-recused", "/decided_by")
        opens = replace(OPEN, officers=("officer-1", "member-9"))
        given(DECIDER, history(DECIDER, INITIATE, RECUSE)).when(opens).then_rejected("person-recused", "/officers")
        open_class = [*REPORTED[:-1], OPEN_CLASS_REPORT, RECUSE]
        recognises = replace(RECOGNISE, recognised_by=(*RECOGNISE.recognised_by, "member-9"))
        given(DECIDER, history(DECIDER, *open_class)).when(recognises).then_rejected("person-recused", "/recognised_by")

    def test_does_not_undo_a_grant_of_another_person(self) -> None:
        second = replace(GRANT, grant_id=an_id(106), person="member-2")
        assert case_after(INITIATE, GRANT, second, RECUSE).granted("member-2", AT)
