"""How a caller stands to one thing: what the policies judge, as plain truths that have a form in SQL, too."""

from typing import NamedTuple


class Facts(NamedTuple):
    """What is true of a caller and one thing. Whatever nobody has found out is false.

    A grant 授权 counts only while it is in force: it names a person, a role and an end.
    """

    within: bool = False
    """辖区内: the thing's jurisdiction is one in which the caller acts."""
    concerned: bool = False
    """本人: the caller is the party whom the thing is about."""
    applicant: bool = False
    """申请人: the caller is the party who applied."""
    author: bool = False
    """作者: the caller, or the organisation that he acts for, wrote it."""
    unassigned: bool = False
    """未定承办: no office has it yet."""
    assigned: bool = False
    """承办: the caller, or the office that he acts for, handles it."""
    recused: bool = False
    """回避: the caller is recused from it."""
    member: bool = False
    """委员阅卷授权: a grant as member of the deciding committee."""
    expert: bool = False
    """专家授权: a grant as expert."""
    trial: bool = False
    """审理授权: a grant to the trial office."""
    review: bool = False
    """复查授权: a grant to the review team."""
    consulted: bool = False
    """征求意见: a grant to the organisation department."""
    concluded: bool = False
    """已认定: its conclusion stands."""
    unmasked: bool = False
    """身份查阅: two leaders have let the caller see a protected identity, and the hour has not passed."""


GRANTS = {
    "adjudication_committee": "member",
    "expert_group": "expert",
    "trial_office": "trial",
    "review_team": "review",
    "org_dept": "consulted",
}
"""The roles that see a case by a grant only, and the fact that such a grant makes true."""
