"""Guards that hold in every machine, each raised with the rule that it rests on; they judge values and change nothing.

A rule that was made for discipline cases and is only taken over for tolerance says 参照 ("by analogy") in its text.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from shared.kernel.errors import Rejected
from shared.kernel.instants import legal_day
from shared.rules.pack import Entry, RulePack, Situation, Status, Unknown, find


def not_in_future(day: date, at: datetime, pointer: str) -> None:
    """Refuse a day in the world that has not come yet in Asia/Shanghai when the command is given."""
    if day > legal_day(at):
        raise Rejected("date-in-future", "所填日期晚于今天。", pointer=pointer)


def not_before(day: date, earlier: date, pointer: str) -> None:
    """Refuse a step that is dated before the step on which it rests."""
    if day < earlier:
        before = earlier.isoformat()
        detail = f"所填日期早于前一步骤的日期（{before}）。"
        raise Rejected("date-out-of-order", detail, pointer=pointer, named=before)


def _persons(ids: Collection[str]) -> set[str]:
    """Return whom pseudonymous ids mean: an id in other letters is the same person."""
    return {person.casefold() for person in ids}


def two_officers(officers: Collection[str], pointer: str) -> None:
    """V2: every contact in an investigation is by two officers or more."""
    if len(_persons(officers)) < 2:
        raise Rejected(
            "two-officers-needed",
            "调查核实应当由二人以上进行。",
            reference="监督执纪工作规则 42; 政务处分法 42",
            pointer=pointer,
        )


def talk_signed(signed: bool | None, pointer: str) -> None:
    """V2: the record of a talk 谈话 is read and signed by the person talked to."""
    if not signed:
        raise Rejected(
            "talk-record-unsigned",
            "谈话记录应当交被谈话人核对并签名。",
            reference="监督执纪工作规则 46; 政务处分法 42",
            pointer=pointer,
        )


def statement_or_waiver(stated: bool, waived: bool, pointer: str) -> None:
    """V4: a defence 申辩 is recorded; who does not want to speak signs a waiver; never both."""
    if stated == waived:
        raise Rejected(
            "defence-needs-statement-or-waiver",
            "应当记录申辩意见；当事人放弃申辩的，应当由其签名确认。二者只取其一。",
            reference="政务处分法 43",
            pointer=pointer,
        )


def lawful(confirmed: bool, pointer: str) -> None:
    """V7: tolerance stays inside 党章党规党纪、法律法规、上级政策; the deciding body confirms it."""
    if not confirmed:
        raise Rejected(
            "legality-not-confirmed",
            "应当先确认容错不违反党章党规党纪、法律法规和上级政策。",
            reference="中央纪委国家监委指导性案例（对林某予以容错免责案）",
            pointer=pointer,
        )


def collective(deciders: Collection[str], pointer: str) -> None:
    """V3: a tolerance conclusion 集体研究 is never one person's."""
    if len(_persons(deciders)) < 2:
        raise Rejected(
            "collective-decision-needed",
            "容错认定应当集体研究，不得由一人决定。",
            reference="监督执纪工作规则 53",
            pointer=pointer,
        )


def not_investigators(deciders: Collection[str], investigators: Collection[str], pointer: str | None) -> None:
    """V1: who investigated does not decide. It binds persons, not bodies; for tolerance it is taken over by analogy."""
    if _persons(deciders) & _persons(investigators):
        raise Rejected(
            "investigator-cannot-decide",
            "参与调查核实的人员不参加裁定（参照审查调查与审理相分离的规定）。",
            reference="监督执纪工作规则 54; 监察法实施条例 211",
            pointer=pointer,
        )


def listed(section: Sequence[Entry] | Unknown, codes: Sequence[str], pointer: str) -> None:
    """Refuse a code that stands twice or that the section does not list; an unknown section refuses no stranger."""
    if len(set(codes)) < len(codes):
        raise Rejected("code-repeated", "同一代码填写了两次。", pointer=pointer)
    if isinstance(section, Unknown):
        return
    for place, code in enumerate(codes, 1):
        if find(section, code) is None:
            detail = f"规则中没有所填的第 {place} 个代码。"
            raise Rejected("code-not-in-rules", detail, pointer=pointer, named=f"no. {place}")


def claimable(pack: RulePack, codes: Sequence[str], pointer: str) -> tuple[Situation, ...]:
    """Return the situations 容错情形 behind `codes`; refuses none at all, a stranger, and an unpublished slot."""
    if not codes:
        raise Rejected("situation-missing", "至少填写一项容错情形。", pointer=pointer)
    listed(pack.situations, codes, pointer)
    claimed = tuple(situation for situation in pack.situations if situation.code in codes)
    for situation in claimed:
        if situation.status is Status.UNKNOWN and not situation.open_class:
            raise Rejected(
                "situation-unpublished",
                f"容错情形 {situation.code} 未公布，不能引用。",
                reference=pack.cite(situation.reference),
                pointer=pointer,
                named=situation.code,
            )
    return claimed


def every_condition_answered(pack: RulePack, answered: Collection[str], pointer: str) -> None:
    """Demand a finding on exactly the conditions of the pack; where they were not published, demand nothing."""
    if isinstance(pack.conditions, Unknown):
        return
    codes = [condition.code for condition in pack.conditions.entries]
    if set(answered) != set(codes):
        raise Rejected(
            "conditions-incomplete",
            f"应当逐项写明容错条件是否符合（{'、'.join(codes)}）。",
            reference=pack.cite(pack.conditions.reference),
            pointer=pointer,
            named=", ".join(codes),
        )
