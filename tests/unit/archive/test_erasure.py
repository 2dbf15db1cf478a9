"""Erasure: nobody erases alone, nobody too early, nobody against a hold, and nothing twice."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.archive.domain.erasure.decisions import DECIDER
from services.archive.domain.erasure.events import ErasureApproved, ErasureCompleted, ErasureEndorsed, ErasureRequested
from shared.contracts.archive import SubjectErased
from tests.support.builders import (
    APPROVE_ERASURE,
    CADRE,
    CASE,
    ENDORSE,
    EXCLUDED,
    EXECUTE,
    LONG_AFTER,
    MATTER,
    PACK,
    RECORD_DESTRUCTION,
    REQUEST_ERASURE,
    an_id,
)
from tests.support.given import given, history
from tests.unit.machines import Machine, table

REQUESTED = [REQUEST_ERASURE]
ENDORSED = [*REQUESTED, ENDORSE]
APPROVED = [*ENDORSED, APPROVE_ERASURE]
ERASED = [*APPROVED, EXECUTE]
MACHINE = Machine(
    title="清除 erasure (archive)",
    decider=DECIDER,
    ways={
        "none": [],
        "requested": REQUESTED,
        "endorsed": ENDORSED,
        "approved": APPROVED,
        "erased": ERASED,
        "completed": [*ERASED, RECORD_DESTRUCTION],
    },
    commands={
        "RequestErasure": replace(REQUEST_ERASURE, ground="request-of-the-subject"),
        "ApproveErasure": replace(ENDORSE, by="issuer#leader-03"),
        "ExecuteErasure": EXECUTE,
        "RecordDestruction": RECORD_DESTRUCTION,
    },
)
TABLE = table("""
RequestErasure    | → requested               | none
RequestErasure    | erasure-already-requested | requested endorsed approved erased completed
ApproveErasure    | erasure-unknown           | none
ApproveErasure    | → endorsed                | requested
ApproveErasure    | → approved                | endorsed
ApproveErasure    | erasure-already-approved  | approved erased completed
ExecuteErasure    | erasure-unknown           | none
ExecuteErasure    | erasure-not-approved      | requested endorsed
ExecuteErasure    | → erased                  | approved
ExecuteErasure    | =                         | erased completed
RecordDestruction | erasure-unknown           | none
RecordDestruction | erasure-not-executed      | requested endorsed approved
RecordDestruction | → completed               | erased
RecordDestruction | =                         | completed
""")
RUNNING = [
    pytest.param("short", date(2023, 1, 4), "retention-running", id="the last day"),
    pytest.param("short", date(2023, 1, 3), None, id="the day after"),
    pytest.param("long", date(2022, 12, 30), "retention-running", id="60 years"),
    pytest.param("permanent", date(1950, 1, 1), "retention-running", id="for ever"),
    pytest.param(None, None, "retention-unknown", id="no volume"),
    pytest.param("short", None, "retention-unknown", id="no day"),
    pytest.param("brief", date(1950, 1, 1), "retention-unknown", id="a retention that nobody knows"),
]


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestRequest:
    @pytest.mark.parametrize(("retention", "completed_on", "code"), RUNNING)
    def test_waits_for_the_end_of_the_retention(
        self, retention: str | None, completed_on: date | None, code: str | None
    ) -> None:
        asked = replace(REQUEST_ERASURE, retention=retention, completed_on=completed_on)
        when = given(DECIDER).when(asked)
        when.then_rejected(code) if code else when.then_types(ErasureRequested)

    def test_knows_the_29th_of_february(self) -> None:
        leap = replace(REQUEST_ERASURE, completed_on=date(2020, 2, 29))
        last_day, next_day = (datetime(2035, *day, 3, tzinfo=UTC) for day in ((2, 28), (3, 1)))
        given(DECIDER).when(replace(leap, at=last_day)).then_rejected("retention-running")
        given(DECIDER).when(replace(leap, at=next_day)).then_types(ErasureRequested)

    def test_counts_days_in_beijing(self) -> None:
        eve = replace(REQUEST_ERASURE, completed_on=date(2023, 1, 4), at=datetime(2038, 1, 4, 16, 0, tzinfo=UTC))
        given(DECIDER).when(eve).then_types(ErasureRequested)

    def test_is_refused_while_a_hold_is_in_force(self) -> None:
        given(DECIDER).when(replace(REQUEST_ERASURE, held=True)).then_rejected("legal-hold-in-force")

    def test_leaves_an_identity_that_other_matters_need(self) -> None:
        elsewhere = replace(REQUEST_ERASURE, other_matters=(an_id(9),))
        given(DECIDER).when(replace(elsewhere, identity=True)).then_rejected("subject-in-other-matters", "/identity")
        given(DECIDER).when(elsewhere).then_types(ErasureRequested)

    def test_names_nobody_who_does_not_stand_in_the_matter(self) -> None:
        stranger = replace(REQUEST_ERASURE, in_matter=False, held=True)
        given(DECIDER).when(stranger).then_rejected("subject-not-in-matter", "/subject")

    def test_leaves_an_identity_that_was_registered_elsewhere(self) -> None:
        elsewhere = replace(REQUEST_ERASURE, registered_here=False, other_matters=(an_id(9),))
        given(DECIDER).when(replace(elsewhere, identity=True)).then_rejected("registration-elsewhere", "/identity")
        given(DECIDER).when(elsewhere).then_types(ErasureRequested)

    def test_is_the_same_when_others_have_been_recused_in_the_meantime(self) -> None:
        later = replace(REQUEST_ERASURE, excluded=EXCLUDED.model_copy(update={"recused": ("officer-9",)}))
        given(DECIDER, history(DECIDER, *REQUESTED)).when(later).then_nothing()

    @pytest.mark.parametrize("member", ["erasure_id", "case_id", "matter", "subject", "identity", "ground", "by"])
    def test_has_a_digest_that_commits_to_all_of_it(self, member: str) -> None:
        others: dict[str, Any] = {"identity": True, "ground": "other", "by": "issuer#other"}
        changed = replace(REQUEST_ERASURE, **{member: others.get(member, an_id(77))})
        (ours,), (theirs,) = (history(DECIDER, asked) for asked in (REQUEST_ERASURE, changed))
        assert isinstance(ours, ErasureRequested)
        assert isinstance(theirs, ErasureRequested)
        assert ours.digest != theirs.digest


class TestApprove:
    def test_is_done_by_two_persons(self) -> None:
        given(DECIDER, history(DECIDER, *REQUESTED)).when(ENDORSE).then_types(ErasureEndorsed)
        given(DECIDER, history(DECIDER, *ENDORSED)).when(APPROVE_ERASURE).then_types(ErasureApproved)

    def test_by_one_person_counts_once_however_he_is_spelt(self) -> None:
        for by in (ENDORSE.by, ENDORSE.by.upper()):
            given(DECIDER, history(DECIDER, *ENDORSED)).when(replace(ENDORSE, by=by)).then_nothing()
            given(DECIDER, history(DECIDER, *ENDORSED, replace(ENDORSE, by=by))).when(EXECUTE).then_rejected(
                "erasure-not-approved"
            )

    def test_is_not_done_by_who_asked(self) -> None:
        for way in (REQUESTED, ENDORSED):
            for by in (REQUEST_ERASURE.by, REQUEST_ERASURE.by.upper()):
                given(DECIDER, history(DECIDER, *way)).when(replace(ENDORSE, by=by)).then_rejected(
                    "approver-is-requester"
                )

    def test_is_of_what_was_asked_and_of_nothing_else(self) -> None:
        altered = replace(ENDORSE, digest="0" * 64)
        for way in (REQUESTED, ENDORSED):
            given(DECIDER, history(DECIDER, *way)).when(altered).then_rejected("approval-of-something-else", "/digest")
        other = replace(REQUEST_ERASURE, erasure_id=an_id(302))
        given(DECIDER, history(DECIDER, other)).when(ENDORSE).then_rejected("approval-of-something-else", "/digest")


class TestExecute:
    def test_says_whom_and_whence(self) -> None:
        given(DECIDER, history(DECIDER, *APPROVED)).when(EXECUTE).then(
            SubjectErased(
                erasure_id=REQUEST_ERASURE.erasure_id,
                case_id=CASE,
                matter=MATTER,
                jurisdiction="331123",
                rules_version=PACK,
                subject=CADRE,
                identity=False,
                digest=ENDORSE.digest,
            )
        )

    def test_judges_everything_again(self) -> None:
        approved = history(DECIDER, *APPROVED)
        given(DECIDER, approved).when(replace(EXECUTE, cleared=False)).then_rejected("legal-hold-in-force")
        given(DECIDER, approved).when(replace(EXECUTE, retention="long")).then_rejected("retention-running")
        given(DECIDER, approved).when(replace(EXECUTE, retention=None)).then_rejected("retention-unknown")
        with_identity = replace(REQUEST_ERASURE, identity=True)
        (asked,) = history(DECIDER, with_identity)
        assert isinstance(asked, ErasureRequested)
        both = [replace(approval, digest=asked.digest) for approval in (ENDORSE, APPROVE_ERASURE)]
        both_approved = history(DECIDER, with_identity, *both)
        given(DECIDER, both_approved).when(replace(EXECUTE, other_matters=(an_id(9),))).then_rejected(
            "subject-in-other-matters"
        )
        given(DECIDER, both_approved).when(replace(EXECUTE, registered_here=False)).then_rejected(
            "registration-elsewhere"
        )
        given(DECIDER, approved).when(replace(EXECUTE, in_matter=False)).then_rejected("subject-not-in-matter")

    def test_names_the_keys_that_go(self) -> None:
        *_, erased = history(DECIDER, *ERASED)
        assert isinstance(erased, SubjectErased)
        assert erased.places == ((CADRE, MATTER),)
        assert erased.model_copy(update={"identity": True}).places == ((CADRE, MATTER), (CADRE, CADRE))


class TestRecordDestruction:
    def test_keeps_the_evidence(self) -> None:
        given(DECIDER, history(DECIDER, *ERASED)).when(RECORD_DESTRUCTION).then(
            ErasureCompleted(keys=(an_id(900),), destroyed_at=LONG_AFTER)
        )
