"""What the pack of 遂昌 says is what its source says, no more and no less."""

from collections.abc import Iterable

from shared.rules.pack import Entry, Status, Unknown, find
from tests.support.given import RULES

PACK = RULES.get("331123/2020-01-01")


def labels(entries: Iterable[Entry] | Unknown) -> list[str | None]:
    """Return the Chinese labels of a section that is known."""
    assert not isinstance(entries, Unknown)
    return [entry.label for entry in entries]


def test_names_the_four_instruments() -> None:
    assert labels(PACK.instruments) == [
        "委员会裁定机制",
        "容错裁定申请机制",
        "容错裁定预警备案制度",
        "容错裁定工作实施办法",
    ]


def test_has_eight_situations_of_which_one_is_unpublished_and_one_open_class() -> None:
    fixed = [situation for situation in PACK.situations if not situation.open_class]
    assert len(fixed) == 8
    assert [situation.code for situation in fixed if situation.status is Status.UNKNOWN] == ["SC.8"]
    assert [situation.label for situation in PACK.situations if situation.open_class] == ["需要认定的其他情形"]


def test_has_four_conditions_under_which_one_is_generally_exempted() -> None:
    assert not isinstance(PACK.conditions, Unknown)
    assert labels(PACK.conditions.entries) == ["出于公心", "尽职尽责", "未谋私利", "及时纠错纠偏"]
    assert PACK.conditions.policy == "generally_exempt_when_all_met"


def test_does_not_claim_that_the_source_names_the_refusal() -> None:
    assert not isinstance(PACK.outcomes, Unknown)
    refused = find(PACK.outcomes, "refused")
    assert refused is not None
    assert (refused.reference, refused.status) == ("S2", Status.DEFAULT)


def test_counts_nine_departments_and_nineteen_and_names_only_those_that_are_named() -> None:
    members = PACK.decision.members
    assert not isinstance(members, Unknown)
    assert not isinstance(PACK.experts, Unknown)
    assert (members.count, len(members.named)) == (9, 3)
    assert (PACK.experts.departments.count, PACK.experts.departments.named) == (19, ())
    assert labels(PACK.experts.triggers) == ["涉及面广", "情况复杂", "社会关注度高"]


def test_protects_five_areas_in_general_and_not_absolutely() -> None:
    assert not isinstance(PACK.protections, Unknown)
    assert PACK.protections.strength == "general"
    assert labels(PACK.protections.areas) == ["干部考核", "评先评优", "选拔任用", "职务职级晋升", "职称评聘"]


def test_says_unknown_where_the_source_is_silent() -> None:
    assert isinstance(PACK.archive_targets, Unknown)
    assert isinstance(PACK.decision.resolution, Unknown)


def test_writes_a_source_out_for_people_who_do_not_know_its_short_name() -> None:
    assert PACK.cite("S0; R10 1").startswith("遂昌县纪委监委")
    assert PACK.cite("S0; R10 1").endswith("予以容错免责案 1")
