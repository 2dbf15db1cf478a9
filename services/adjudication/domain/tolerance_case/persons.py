"""Who may take part in which act of a case: investigator, adjudicator and reviewer are three persons (V1), and who is
recused 回避 is none of them. Judged are the persons whom a command names and, whomever it names, the one who enters it.
"""

from collections.abc import Collection, Iterator, Sequence

from services.adjudication.domain.tolerance_case.commands import FileReport, GrantAccess
from services.adjudication.domain.tolerance_case.events import InvestigationOpened
from services.adjudication.domain.tolerance_case.state import ToleranceCase
from shared.kernel.errors import Rejected
from shared.rules import guards

DECIDING = frozenset({"adjudication_committee", "trial_office"})
REVIEWING = frozenset({"review_team"})
APART = DECIDING | REVIEWING | {"expert_group"}
"""The roles whose holders do not investigate: experts are kept apart like members (domain.md §3.2); who is only
consulted 征求意见 judges nothing."""


def may_investigate(named: Sequence[str], clerk: str, case: ToleranceCase, pointer: str) -> None:
    """Refuse who is recused, who was ever let in to judge, and who recognised a situation; raises Rejected."""
    judging = case.granted_ever(APART) | case.deciders
    for persons, place in _each(named, clerk, pointer):
        none_recused(persons, case, place)
        if folded(persons) & folded(judging):
            raise Rejected(
                "investigator-cannot-decide",
                "已获准参与本案认定、审理、复查或咨询的人员不得参与调查核实（参照审查调查与审理相分离的规定）。",
                reference="监督执纪工作规则 54; 监察法实施条例 211",
                pointer=place,
            )


def may_decide(named: Sequence[str], clerk: str, case: ToleranceCase, pointer: str) -> None:
    """Refuse who is recused, who investigated, and who was ever let in to review; raises Rejected."""
    for persons, place in _each(named, clerk, pointer):
        guards.not_investigators(persons, case.investigators, place)
        none_recused(persons, case, place)
        if folded(persons) & folded(case.granted_ever(REVIEWING)):
            raise _reviews(place)


def may_be_let_in(command: GrantAccess, case: ToleranceCase) -> None:
    """Refuse a grant to who is recused, or who has another part in the matter already; raises Rejected."""
    person, role, place = folded((command.person,)), command.role, "/person"
    none_recused((command.person,), case, place)
    if role in APART and person & folded(case.investigators):
        raise Rejected(
            "investigator-cannot-decide",
            "调查人员不得参与认定、审理或复查。",
            reference="监督执纪工作规则 54, 59",
            pointer=place,
        )
    if role in REVIEWING and person & folded(case.granted_ever(DECIDING) | case.deciders):
        raise _reviews(place)
    if role in DECIDING and person & folded(case.granted_ever(REVIEWING)):
        raise _reviews(place)


def all_signed(command: FileReport, opened: InvestigationOpened, case: ToleranceCase) -> None:
    """全体调查人员签名, but for who is recused; and two at least have themselves investigated (V2).

    Whoever takes the place of a recused officer is named in a record or at the defence, and signs. Raises Rejected.
    """
    signed, recused = folded(command.signed_by), folded(case.recused)
    if not folded(opened.officers) - recused <= signed:
        raise Rejected("report-unsigned", "调查报告应当由全体调查人员签名。", pointer="/signed_by")
    acted = opened.officers + tuple(person for record in case.records for person in record.officers)
    acted += tuple(person for defence in case.defences for person in defence.heard_by)
    guards.two_officers(signed & folded(acted), "/signed_by")


def none_recused(persons: Sequence[str], case: ToleranceCase, pointer: str | None) -> None:
    """Refuse an act of somebody who is recused; raises Rejected."""
    if folded(persons) & folded(case.recused):
        raise Rejected("person-recused", "该人员已回避本案。", reference="政务处分法 47-48", pointer=pointer)


def folded(persons: Collection[str]) -> frozenset[str]:
    """Return whom pseudonymous ids mean: an id in other letters is the same person."""
    return frozenset(person.casefold() for person in persons)


def _each(named: Sequence[str], clerk: str, pointer: str) -> Iterator[tuple[Sequence[str], str | None]]:
    """Yield whom the command names with the place, then the one who enters it, whom no member names."""
    yield named, pointer
    yield (clerk,), None


def _reviews(pointer: str | None) -> Rejected:
    return Rejected(
        "decider-cannot-review",
        "参与认定或审理的人员不得复查，复查人员不得参与认定或审理。",
        reference="监督执纪工作规则 59",
        pointer=pointer,
    )
