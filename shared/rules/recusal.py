"""Recusal 回避: the four grounds, and who says so of whom; the same for cases and for reports."""

from collections.abc import Mapping

from shared.kernel.errors import Rejected

GROUNDS: Mapping[str, str] = {
    "party_or_relative": "本人是被审查调查人或检举人，或是其近亲属",
    "witness": "担任过本案证人",
    "interest": "本人或近亲属与案件有利害关系",
    "other": "有可能影响公正处理的其他情形",
}
"""The four grounds (政务处分法 47; 监察法 67; 检举控告工作规则 48)."""


def grounded(ground: str, person: str, by: str, *, by_leader: bool) -> None:
    """Refuse a ground that is none of the four, and a word on somebody else that is not a leader's; raises Rejected."""
    if ground not in GROUNDS:
        raise Rejected("recusal-ground-unknown", "回避事由不在四类之内。", reference="政务处分法 47", pointer="/ground")
    if not by_leader and person != by:
        raise Rejected("recusal-of-another", "他人的回避由负责人决定。", reference="政务处分法 48", pointer="/person")
