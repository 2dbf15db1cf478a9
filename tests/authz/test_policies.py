"""The policies: what Cedar answers, what stays of them when the facts are not known, and that the two agree."""

from collections.abc import Callable, Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.conditions import FALSE, TRUE, All, Condition, ConditionUnknown, Constant, Either, Fact, Not
from shared.authz.conditions import condition_of as from_residuals
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.policy_engine import PoliciesRefused, PolicyEngine, policies
from shared.authz.roles import Role
from shared.kernel.ids import new_id

ACTIONS = (
    "list_cases",
    "read_case",
    "read_case_history",
    "conclude",
    "record_recusal",
    "assign_office",
    "open_investigation",
    "list_submissions",
    "accept_submission",
    "supplement_submission",
    "read_party",
    "register_party",
    "read_draft",
    "read_dossier",
    "complete_volume",
    "read_inbox",
    "read_notice",
    "list_events",
    "list_event_types",
    "open_texts",
)
ADMINISTRATORS = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)
SCHEMA = """
type Facts = { within: Bool, recused: Bool };
entity Role; entity Person in [Role]; entity Content { class: String };
action "look" appliesTo { principal: Person, resource: Content, context: Facts };
"""

some_facts = st.builds(Facts, *[st.booleans()] * len(Facts._fields))
some_roles = st.frozensets(st.sampled_from([role.value for role in Role]), max_size=3)


def holds(condition: Condition, facts: Mapping[str, bool]) -> bool:
    """Tell whether a condition is true of these facts."""
    match condition:
        case Constant(value):
            return value
        case Fact(name):
            return facts[name]
        case Not(of):
            return not holds(of, facts)
        case All(of):
            return all(holds(part, facts) for part in of)
        case Either(of):
            return any(holds(part, facts) for part in of)


@settings(max_examples=400, deadline=None)
@given(some_roles, st.sampled_from(ACTIONS), some_facts, st.sampled_from(DataClass))
def test_what_stays_of_the_policies_decides_as_they_do(
    roles: frozenset[str], action: str, facts: Facts, data: DataClass
) -> None:
    engine = policies()
    decision = engine.decide(roles, action, facts, data)
    assert holds(engine.condition(roles, action, data), facts._asdict()) == decision.permitted
    assert engine.ever(roles, action) == any(engine.condition(roles, action, each) != FALSE for each in DataClass)
    assert not decision.permitted or decision.policies


def test_nothing_is_permitted_without_a_role_or_a_fact() -> None:
    for action in ACTIONS:
        published = action in {"list_event_types", "open_texts"}
        assert policies().ever(frozenset(), action) is published, action
        for role in Role:
            permitted = policies().decide(frozenset({role.value}), action, Facts(), DataClass.RECORD).permitted
            assert not permitted or published or action == "list_events", (role, action)


@pytest.mark.parametrize("pair", list(combinations(ADMINISTRATORS, 2)), ids="+".join)
def test_no_two_administrators_are_one_person(pair: tuple[Role, Role]) -> None:
    for action in ACTIONS:
        assert policies().ever(frozenset(pair), action) is (action in {"list_event_types"}), action


@pytest.mark.parametrize("administrator", ADMINISTRATORS)
def test_an_administrator_reads_no_case_whatever_he_is_beside(administrator: Role) -> None:
    for action in set(ACTIONS) - {"list_event_types", "list_events", "open_texts"}:
        for other in ("dic_head", "handling_office", "adjudication_committee", "archivist", "subject"):
            assert not policies().ever(frozenset({administrator.value, other}), action), (other, action)


def test_who_is_recused_is_permitted_nothing_but_what_is_published() -> None:
    everything = Facts(*[True] * len(Facts._fields))
    for action in set(ACTIONS) - {"list_event_types"}:
        for role in Role:
            decision = policies().decide(frozenset({role.value}), action, everything, DataClass.RECORD)
            assert not decision.permitted
            assert "recused" in decision.policies


def test_texts_stay_closed_for_who_checks_bytes_or_runs_the_system() -> None:
    for role in (*ADMINISTRATORS, Role.EXTERNAL_AUDITOR):
        caller = Caller("issuer", "one", frozenset({role.value, "handling_office"}), None, (), None)
        assert not Access(caller, "read_case", new_id()).opens()
    assert Access(Caller("issuer", "one", frozenset(), None, (), None), "read_case", new_id()).opens()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("permit (principal, action, resource) when { context.nothing };", "nothing"),
        ("permit (principal, action, resource) when { context.within > 3 };", "within|Bool"),
        ('permit (principal, action == Action::"read", resource);', "read"),
        ("permit (principal, action, resource", "unexpected|end"),
    ],
)
def test_policies_that_do_not_fit_the_schema_are_refused(policy: str, said: str) -> None:
    with pytest.raises(PoliciesRefused, match=said):
        PolicyEngine(f'@id("one") {policy}', SCHEMA)


@pytest.mark.parametrize("second", ["", '@id("one")'])
def test_every_policy_has_an_id_of_its_own(second: str) -> None:
    text = f'@id("one") permit (principal, action, resource); {second} forbid (principal, action, resource);'
    with pytest.raises(PoliciesRefused, match="@id"):
        PolicyEngine(text, SCHEMA)


def test_other_policies_have_another_digest() -> None:
    first = PolicyEngine('@id("one") permit (principal, action, resource);', SCHEMA)
    second = PolicyEngine('@id("one") permit (principal, action, resource) when { context.within };', SCHEMA)
    assert len({first.digest, second.digest, policies().digest}) == 3


def test_an_operation_is_known_by_the_schema() -> None:
    assert policies().knows("read_case")
    assert not policies().knows("see_tolerance_case")
    assert not policies().knows("leave")


def test_a_policy_that_no_list_could_follow_is_refused() -> None:
    body = {"==": {"left": {"unknown": [{"Value": "context"}]}, "right": {"Value": 3}}}
    with pytest.raises(ConditionUnknown):
        from_residuals([{"effect": "permit", "conditions": [{"kind": "when", "body": body}]}])


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ('@id("a") permit (principal, action, resource);', TRUE),
        ('@id("a") forbid (principal, action, resource);', FALSE),
        ('@id("a") permit (principal, action, resource) when { context.within };', Fact("within")),
        ('@id("a") permit (principal, action, resource) unless { context.recused };', Not(Fact("recused"))),
        (
            '@id("a") permit (principal, action, resource);'
            '@id("b") forbid (principal, action, resource) when { context.recused };',
            Not(Fact("recused")),
        ),
        ('@id("a") permit (principal in Role::"nobody", action, resource);', FALSE),
    ],
)
def test_what_stays_is_as_short_as_it_can_be(policy: str, expected: Condition) -> None:
    assert PolicyEngine(policy, SCHEMA).condition(frozenset(), "look", DataClass.RECORD) == expected


@pytest.mark.parametrize(
    ("codes", "jurisdiction", "inside"),
    [
        (("331123",), "331123", True),
        (("331123",), "331100", False),
        (("331100",), "331123", False),
        (("331100*",), "331123", True),
        (("331100*",), "331100", True),
        (("331100*",), "331200", False),
        (("330000*",), "331123", True),
        (("331123*",), "331124", False),
        (("000000*",), "659001", True),
        (("000000",), "331123", False),
        ((), "331123", False),
    ],
)
def test_a_jurisdiction_is_itself_or_a_subtree(codes: tuple[str, ...], jurisdiction: str, inside: bool) -> None:
    caller = Caller("issuer", "one", frozenset(), None, codes, None)
    within: Callable[[str], bool] = caller.within
    assert within(jurisdiction) is inside
