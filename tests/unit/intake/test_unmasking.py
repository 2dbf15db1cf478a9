"""How two leaders let one person see who reported, and for how long."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from services.intake.domain.report.identity import Identity
from services.intake.domain.unmasking.decisions import DECIDER, digest_of
from services.intake.domain.unmasking.events import IdentityOpened, UnmaskingApproved, UnmaskingGranted
from services.intake.domain.unmasking.identity import IdentityField
from tests.support.builders import AT, an_id, sealed
from tests.support.given import given, history
from tests.support.report_builders import (
    APPROVE_IDENTITY,
    APPROVE_IDENTITY_TOO,
    ASK_IDENTITY,
    OPEN_IDENTITY,
    REPORT_ID,
    UNMASKING,
)
from tests.unit.machines import Machine, table

GRANTED = [ASK_IDENTITY, APPROVE_IDENTITY, APPROVE_IDENTITY_TOO]
MACHINE = Machine(
    title="身份查阅 unmasking (intake)",
    decider=DECIDER,
    ways={"none": [], "requested": [ASK_IDENTITY], "requested(1)": GRANTED[:2], "granted": GRANTED},
    commands={
        "RequestUnmasking": replace(ASK_IDENTITY, fields=("address",)),
        "ApproveUnmasking": replace(APPROVE_IDENTITY, approver="leader-3"),
        "OpenIdentity": OPEN_IDENTITY,
    },
)
TABLE = table("""
RequestUnmasking | → requested                 | none
RequestUnmasking | unmasking-already-requested | requested requested(1) granted
ApproveUnmasking | unmasking-unknown           | none
ApproveUnmasking | ✓                           | requested
ApproveUnmasking | → granted                   | requested(1)
ApproveUnmasking | unmasking-already-granted   | granted
OpenIdentity     | unmasking-unknown           | none
OpenIdentity     | unmasking-not-granted       | requested requested(1)
OpenIdentity     | ✓                           | granted
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestRequest:
    @pytest.mark.parametrize("fields", [(), ("name", "name")])
    def test_names_what_is_to_be_seen_once(self, fields: Any) -> None:
        given(DECIDER).when(replace(ASK_IDENTITY, fields=fields)).then_rejected("identity-fields-unclear", "/fields")

    @pytest.mark.parametrize(
        "change",
        [
            {"unmasking_id": an_id(8)},
            {"report_id": an_id(9)},
            {"requester": "officer-2"},
            {"fields": ("phone", "name")},
            {"reason": sealed("unmasking.reason", "another one")},
        ],
    )
    def test_has_a_digest_that_every_part_of_it_changes(self, change: dict[str, Any]) -> None:
        assert digest_of(replace(ASK_IDENTITY, **change)) != digest_of(ASK_IDENTITY)


class TestApprove:
    def test_by_one_person_opens_nothing(self) -> None:
        given(DECIDER, history(DECIDER, ASK_IDENTITY)).when(APPROVE_IDENTITY).then_types(UnmaskingApproved)

    def test_by_a_second_person_opens_for_an_hour_from_then(self) -> None:
        later = AT + timedelta(days=3)
        given(DECIDER, history(DECIDER, *GRANTED[:2])).when(replace(APPROVE_IDENTITY_TOO, at=later)).then(
            UnmaskingApproved(approver="leader-2", digest=APPROVE_IDENTITY.digest, approved_at=later),
            UnmaskingGranted(open_until=later + timedelta(hours=1)),
        )

    @pytest.mark.parametrize("way", [GRANTED[:1], GRANTED[:2]])
    @pytest.mark.parametrize("who", ["officer-1", "OFFICER-1"])
    def test_is_nobodys_who_asked(self, way: list[Any], who: str) -> None:
        own = replace(APPROVE_IDENTITY, approver=who)
        given(DECIDER, history(DECIDER, *way)).when(own).then_rejected("approver-is-requester")

    def test_counts_a_person_once_also_in_other_letters(self) -> None:
        once = history(DECIDER, *GRANTED[:2])
        given(DECIDER, once).when(APPROVE_IDENTITY).then_nothing()
        given(DECIDER, once).when(replace(APPROVE_IDENTITY, approver="Head-1")).then_rejected("approver-has-approved")

    def test_binds_what_was_read(self) -> None:
        another = replace(APPROVE_IDENTITY, digest=digest_of(replace(ASK_IDENTITY, fields=("address",))))
        asked = history(DECIDER, ASK_IDENTITY)
        given(DECIDER, asked).when(another).then_rejected("approval-of-something-else", "/digest")


class TestOpen:
    def test_is_a_fact_each_time(self) -> None:
        given(DECIDER, history(DECIDER, *GRANTED, OPEN_IDENTITY)).when(
            replace(OPEN_IDENTITY, opening_id=an_id(9))
        ).then(IdentityOpened(opening_id=an_id(9), reader="officer-1", fields=("name", "phone"), opened_at=AT))

    @pytest.mark.parametrize("reader", ["head-1", "leader-2", "OFFICER-1", ""])
    def test_is_nobodys_but_whose_request_it_was(self, reader: str) -> None:
        another = replace(OPEN_IDENTITY, reader=reader)
        given(DECIDER, history(DECIDER, *GRANTED)).when(another).then_rejected("unmasking-closed")

    def test_ends_with_the_hour(self) -> None:
        granted = history(DECIDER, *GRANTED)
        last = replace(OPEN_IDENTITY, at=AT + timedelta(hours=1) - timedelta(microseconds=1))
        given(DECIDER, granted).when(last).then_types(IdentityOpened)
        given(DECIDER, granted).when(replace(last, at=AT + timedelta(hours=1))).then_rejected("unmasking-closed")


def test_what_can_be_asked_for_is_what_an_identity_has() -> None:
    assert set(get_args(IdentityField)) == set(Identity.model_fields)


def test_no_fact_holds_an_identity() -> None:
    for event in history(DECIDER, *GRANTED, OPEN_IDENTITY):
        assert "reporter" not in event.model_dump_json()
    unmasking = DECIDER.fold(DECIDER.initial, history(DECIDER, ASK_IDENTITY))
    assert unmasking.requested is not None
    assert (unmasking.requested.unmasking_id, unmasking.requested.report_id) == (UNMASKING, REPORT_ID)
    assert (unmasking.jurisdiction, unmasking.rules_version) == ("331123", None)
