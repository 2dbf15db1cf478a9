"""Who handles a case, who may see it for a time, and who is recused from it: facts that the policies judge by."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from services.adjudication.domain.tolerance_case import persons
from services.adjudication.domain.tolerance_case.commands import (
    AssignOffice,
    EndAccess,
    GrantAccess,
    OpenInvestigation,
    RecordRecusal,
    Responsibility,
)
from services.adjudication.domain.tolerance_case.events import (
    AccessEnded,
    AccessGranted,
    OfficeAssigned,
    RecusalRecorded,
)
from services.adjudication.domain.tolerance_case.state import ToleranceCase
from shared.contracts.adjudication import HandlingRecorded, ToleranceInitiated
from shared.kernel.errors import Rejected
from shared.kernel.events import Event
from shared.rules import recusal

GRANTABLE = {
    "adjudication_committee": "容错裁定委员会",
    "expert_group": "专家咨询组",
    "trial_office": "案件审理部门",
    "review_team": "复查组",
    "org_dept": "组织部门",
}
"""The roles that see a case only as long as a grant lasts, by the names under which users know them."""
LONGEST_GRANT = timedelta(days=92)
"""Our reading of 限时 (domain.md §6.3, no text gives a length)."""


def recorded(case: ToleranceCase, first: ToleranceInitiated) -> Sequence[Event]:
    """承办、回避载明: tell other services who has the case and who is out of it."""
    return [
        HandlingRecorded(
            case_id=first.case_id,
            matter=first.matter,
            submission_id=first.submission_id,
            jurisdiction=first.jurisdiction,
            rules_version=first.rules_version,
            concerned=first.concerned,
            applicant=first.applicant,
            office=case.handled.office if case.handled else None,
            persons=case.handled.persons if case.handled else (),
            recused=tuple(sorted(case.recused)),
        )
    ]


def decide(command: Responsibility, case: ToleranceCase, first: ToleranceInitiated) -> Sequence[Event]:
    """Answer a command with the facts that follow; none for a repetition. Raises Rejected."""
    match command:
        case AssignOffice():
            return assign_office(command, case, first)
        case GrantAccess():
            return grant_access(command, case)
        case EndAccess():
            return end_access(command, case)
        case RecordRecusal():
            return record_recusal(command, case, first)
        case _:
            assert_never(command)


def assign_office(command: AssignOffice, case: ToleranceCase, first: ToleranceInitiated) -> Sequence[Event]:
    """确定承办部门: whoever had the case loses sight of it at once, unless he is of that office."""
    event = OfficeAssigned(office=command.office, persons=())
    if case.handled == event:
        return []
    return [event, *recorded(replace(case, handled=event), first)]


def taken_by(command: OpenInvestigation, case: ToleranceCase, first: ToleranceInitiated) -> Sequence[Event]:
    """Return who has the case from its investigation on, when nobody was assigned before (谁调查谁承办)."""
    if case.handled:
        return []
    event = OfficeAssigned(office=command.office, persons=tuple(dict.fromkeys((command.clerk, *command.officers))))
    return [event, *recorded(replace(case, handled=event), first)]


def grant_access(command: GrantAccess, case: ToleranceCase) -> Sequence[Event]:
    """阅卷授权: for a time, in one role, and never to who is recused or has another part in the matter (V1)."""
    event = AccessGranted(
        grant_id=command.grant_id,
        person=command.person,
        role=command.role,
        begins_at=command.at,
        ends_at=command.ends_at,
    )
    standing = next((grant for grant in case.grants if grant.grant_id == command.grant_id), None)
    if standing and standing == event.model_copy(update={"begins_at": standing.begins_at}):
        return []
    if standing:
        raise Rejected("grant-id-taken", "该编号已有另一项授权。", pointer="/grant_id")
    if command.role not in GRANTABLE:
        raise Rejected("role-not-grantable", "该角色不能以授权方式阅卷。", pointer="/role")
    if not command.at < command.ends_at <= command.at + LONGEST_GRANT:
        raise Rejected("grant-term-invalid", "授权期限应当在今后 92 日以内。", pointer="/ends_at")
    persons.may_be_let_in(command, case)
    return [event]


def end_access(command: EndAccess, case: ToleranceCase) -> Sequence[Event]:
    """终止授权: from the next request on."""
    if all(grant.grant_id != command.grant_id for grant in case.grants):
        raise Rejected("grant-unknown", "没有这项授权。", pointer="/grant_id")
    if command.grant_id in case.ended:
        return []
    return [AccessEnded(grant_id=command.grant_id, ended_at=command.at)]


def record_recusal(command: RecordRecusal, case: ToleranceCase, first: ToleranceInitiated) -> Sequence[Event]:
    """登记回避: declared by the person himself, or ordered by a leader (政务处分法 48); it is not taken back here."""
    recusal.grounded(command.ground, command.person, command.by, by_leader=command.by_leader)
    if command.person in case.recused:
        return []
    event = RecusalRecorded(person=command.person, ground=command.ground, by=command.by)
    return [event, *recorded(replace(case, recused=case.recused | {command.person}), first)]
