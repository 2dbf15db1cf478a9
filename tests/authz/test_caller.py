"""What a caller tells the metadata of events, and where he acts."""

from dataclasses import replace
from uuid import UUID

import pytest

from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.kernel.metadata import Actor

PARTY = UUID("0190b6f0-0000-7000-8000-000000000001")
OFFICER = Caller("urn:issuer", "o-17", frozenset({"trial_office", "archivist"}), "unit-3", ("331123", "331124"), None)


def test_an_officer_acts_for_the_unit() -> None:
    assert OFFICER.actor() == Actor(
        issuer="urn:issuer", id="o-17", roles=("archivist", "trial_office"), on_behalf_of="unit-3"
    )


def test_a_party_acts_for_itself_and_somebody_without_unit_for_nobody() -> None:
    for roles in ({"subject"}, {"applicant_person", "reporter"}, {"applicant_unit", "clarification_applicant"}):
        party = replace(OFFICER, party=PARTY, roles=frozenset(roles))
        assert (party.actor().on_behalf_of, party.files_for) == (str(PARTY), str(PARTY))
    assert replace(OFFICER, organisation=None).actor().on_behalf_of is None


def test_an_officer_who_is_registered_himself_acts_for_the_unit() -> None:
    for roles in ({"inspection_team"}, {"dic_head", "subject"}):
        registered = replace(OFFICER, party=PARTY, roles=frozenset(roles))
        assert (registered.actor().on_behalf_of, registered.files_for) == ("unit-3", "unit-3")
    assert replace(OFFICER, party=PARTY, organisation=None).actor().on_behalf_of is None


def test_nobody_files_for_an_organisation_that_is_called_like_him() -> None:
    alone = replace(OFFICER, subject="unit-3", organisation=None)
    assert alone.files_for != OFFICER.files_for
    assert alone.files_for != replace(alone, issuer="urn:other").files_for


@pytest.mark.parametrize(
    ("jurisdictions", "jurisdiction", "expected"),
    [
        (("331123",), "331123", True),
        (("331123",), "331124", False),
        (("331100",), "331123", False),
        (("331100*",), "331123", True),
        (("331100*",), "331100", True),
        (("331100*",), "330100", False),
        (("330000*",), "331123", True),
        (("331123*",), "331123", True),
        (("331123*",), "331124", False),
        (("000000*",), "331123", True),
        (("000000*",), "000000", True),
        (("000000",), "331123", False),
        (("000000",), "000000", True),
        ((), "331123", False),
        (("331123",), "000000", False),
    ],
)
def test_a_caller_acts_where_the_token_says_and_nowhere_else(
    jurisdictions: tuple[str, ...], jurisdiction: str, expected: bool
) -> None:
    assert replace(OFFICER, jurisdictions=jurisdictions).within(jurisdiction) is expected


def test_every_role_has_a_chinese_label_and_is_its_own_id() -> None:
    assert {Role(role.value) for role in Role} == set(Role)
    assert f"{Role.AUDITOR}" == "auditor"
    assert len({role.label for role in Role}) == len(Role)
    assert all(not role.label.isascii() for role in Role)
