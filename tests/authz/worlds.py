"""Random worlds: things that have gone through random stories, for every list that shows them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - a world of chance, the same in every run
from types import ModuleType
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from services.adjudication.application.tolerance_case import PROTECTION as CASE_PROTECTION
from services.adjudication.domain.tolerance_case.decisions import DECIDER as CASE
from services.adjudication.projections import case_list
from services.archive.application.dossier import PROTECTION as DOSSIER_PROTECTION
from services.archive.application.erasure import PROTECTION as ERASURE_PROTECTION
from services.archive.domain.dossier.decisions import DECIDER as DOSSIER
from services.archive.domain.erasure.decisions import DECIDER as ERASURE
from services.archive.projections import dossier_list, erasure_list
from services.intake.application.report import PROTECTION as REPORT_PROTECTION
from services.intake.application.standing import PROTECTION as STANDING_PROTECTION
from services.intake.application.submission import PROTECTION as SUBMISSION_PROTECTION
from services.intake.application.unmasking import PROTECTION as UNMASKING_PROTECTION
from services.intake.domain.report.commands import Command as ReportCommand
from services.intake.domain.report.decisions import DECIDER as REPORT
from services.intake.domain.standing.decisions import DECIDER as STANDING
from services.intake.domain.submission.decisions import DECIDER as SUBMISSION
from services.intake.domain.unmasking.decisions import DECIDER as UNMASKING
from services.intake.domain.unmasking.decisions import digest_of
from services.intake.projections import report_list, submission_list, unmasking_list, withdrawal_list
from services.notification.application.notice import PROTECTION as NOTICE_PROTECTION
from services.notification.domain.notice.decisions import DECIDER as NOTICE
from services.notification.projections import inbox
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.excluded import Excluded
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from tests.support import builders as b
from tests.support import report_builders as r
from tests.support.given import RULES

THINGS = 60
PLACES = ("331123", "331124", "331100", "330000", "110101")
PARTIES = [b.an_id(700 + number) for number in range(4)]
OFFICES = ("office-1", "office-2", "331123-dic")
PEOPLE = ("officer-1", "officer-2", "member-1", "Member-2", "expert-1")


@dataclass(frozen=True)
class Listed:
    """A list, and the aggregate whose things it shows."""

    service: str
    decider: Decider[Any]
    protection: Protection[Any]
    projection: ModuleType
    table: Table
    action: str
    classes: Mapping[str, DataClass] = field(default_factory=dict)

    def story(self, chance: Random, thing: UUID) -> Sequence[Any]:
        """Return commands for one thing of a random world."""
        return STORIES[self.decider.category](chance, thing)


LISTS = [
    Listed(
        "adjudication",
        CASE,
        CASE_PROTECTION,
        case_list,
        case_list.cases,
        "list_cases",
        {"outcome": DataClass.CONCLUSION},
    ),
    Listed(
        "intake", SUBMISSION, SUBMISSION_PROTECTION, submission_list, submission_list.submissions, "list_submissions"
    ),
    Listed("intake", REPORT, REPORT_PROTECTION, report_list, report_list.reports, "list_reports"),
    Listed("intake", UNMASKING, UNMASKING_PROTECTION, unmasking_list, unmasking_list.unmaskings, "list_unmaskings"),
    Listed("intake", STANDING, STANDING_PROTECTION, withdrawal_list, withdrawal_list.withdrawals, "list_withdrawals"),
    Listed("archive", DOSSIER, DOSSIER_PROTECTION, dossier_list, dossier_list.dossiers, "list_dossiers"),
    Listed("archive", ERASURE, ERASURE_PROTECTION, erasure_list, erasure_list.erasures, "list_erasures"),
    Listed("notification", NOTICE, NOTICE_PROTECTION, inbox, inbox.notices, "read_inbox"),
]


def _case(chance: Random, thing: UUID) -> Sequence[Any]:
    where: dict[str, Any] = {"case_id": thing}
    people: dict[str, Any] = {"concerned": chance.choice(PARTIES), "applicant": chance.choice([None, *PARTIES])}
    steps: list[Any] = [replace(b.INITIATE, jurisdiction=chance.choice(PLACES), **where, **people)]
    if chance.random() < 0.3:
        steps.append(replace(b.ASSIGN, office=chance.choice(OFFICES), **where))
    if investigated := chance.random() < 0.6:
        steps.append(replace(b.OPEN, clerk=chance.choice(PEOPLE), office=chance.choice([None, *OFFICES]), **where))
    for _ in range(chance.randrange(6)):
        grant = replace(
            b.GRANT,
            grant_id=new_id(),
            person=chance.choice(PEOPLE[2:]),
            role=chance.choice(["adjudication_committee", "expert_group", "trial_office", "review_team", "org_dept"]),
            ends_at=b.AT + timedelta(days=chance.choice([30, 41, 90])),
            **where,
        )
        steps.append(grant)
        if chance.random() < 0.3:
            steps.append(replace(b.END_GRANT, grant_id=grant.grant_id, **where))
    if investigated and chance.random() < 0.4:
        record = replace(b.VISIT, record_id=new_id(), **where)
        steps += [record, *(replace(step, **where) for step in (b.HEAR, b.REPORT, b.CONCLUDE))]
    if chance.random() < 0.4:
        person = chance.choice(PEOPLE)
        steps.append(replace(b.RECUSE, person=chance.choice([person, person.upper()]), by_leader=True, **where))
    if chance.random() < 0.1:
        steps.append(replace(b.ASSIGN, office=chance.choice(OFFICES), **where))
    return steps


def _submission(chance: Random, thing: UUID) -> Sequence[Any]:
    filed = b.FINDING if chance.random() < 0.5 else b.APPLICATION
    changes: dict[str, Any] = {"submission_id": thing, "matter": new_id(), "concerned": chance.choice(PARTIES)}
    party = chance.choice(PARTIES)
    if filed is b.APPLICATION:
        changes |= {"applicant": party, "author": str(party)}
    else:
        changes |= {"author": chance.choice([*OFFICES, *PEOPLE])}
    steps: list[Any] = [replace(filed, **changes)]
    taken: dict[str, Any] = {
        "submission_id": thing,
        "clerk": chance.choice(PEOPLE),
        "office": chance.choice([None, *OFFICES]),
    }
    out = replace(b.RECUSE_EARLY, submission_id=thing, person=chance.choice(PEOPLE).upper(), by_leader=True)
    steps += [out] * chance.choice([0, 0, 1])
    if chance.random() < 0.4:
        steps.append(replace(b.RETURN, **taken))
    elif chance.random() < 0.5:
        steps.append(replace(b.ACCEPT, **(taken | {"case_id": new_id()})))
    if chance.random() < 0.3:
        now: dict[str, Any] = {"office": chance.choice([None, *OFFICES]), "persons": chance.choice([(), PEOPLE[:1]])}
        steps.append(replace(b.NOTE_HANDLING, submission_id=thing, recused=(chance.choice(PEOPLE).upper(),), **now))
    return steps


def _dossier(chance: Random, thing: UUID) -> Sequence[Any]:
    steps: list[Any] = [replace(b.OPEN_DOSSIER, case_id=thing, jurisdiction=chance.choice(PLACES))]
    if chance.random() < 0.7:
        people: dict[str, Any] = {"concerned": chance.choice(PARTIES), "applicant": chance.choice([None, *PARTIES])}
        recused = tuple(chance.sample(PEOPLE, chance.choice([0, 1, 2])))
        office = chance.choice([None, *OFFICES])
        steps.append(replace(b.ENTRUST, case_id=thing, office=office, persons=PEOPLE[:1], recused=recused, **people))
    return steps


def _erasure(chance: Random, thing: UUID) -> Sequence[Any]:
    excluded = Excluded(
        concerned=tuple(chance.sample(PARTIES, chance.choice([0, 1, 2]))),
        applicants=tuple(chance.sample(PARTIES, chance.choice([0, 1]))),
        recused=tuple(person.upper() for person in chance.sample(PEOPLE, chance.choice([0, 1]))),
    )
    about: dict[str, Any] = {"jurisdiction": chance.choice(PLACES), "subject": chance.choice([b.CADRE, *PARTIES])}
    return [replace(b.REQUEST_ERASURE, erasure_id=thing, excluded=excluded, **about)]


def _notice(chance: Random, thing: UUID) -> Sequence[Any]:
    return [replace(b.ISSUE, notice_id=thing, jurisdiction=chance.choice(PLACES), party=chance.choice(PARTIES))]


def _report(chance: Random, thing: UUID) -> Sequence[Any]:
    kept = replace(chance.choice([r.ANONYMOUS, r.REAL_NAME]), concerned=chance.choice([None, *PARTIES]))
    first: Any = chance.choice([kept, r.SEND_UP, replace(r.SEND_UP, head_of_organ=True, managed_by="331123")])
    steps: list[Any] = [replace(first, report_id=thing)]
    if chance.random() < 0.6:
        steps.append(replace(r.ASSIGN_REPORT, report_id=thing, office=chance.choice(OFFICES)))
    return [*steps, *(_recused_from(chance, thing) for _ in range(chance.choice([0, 0, 1, 2])))]


def _withdrawal(chance: Random, thing: UUID) -> Sequence[Any]:
    return [b.WITHDRAW_ACCESS, b.END_WITHDRAWAL][: chance.choice([1, 2])]


def _unmasking(chance: Random, thing: UUID) -> Sequence[Any]:
    about: dict[str, Any] = {"jurisdiction": chance.choice(PLACES), "concerned": chance.choice([None, *PARTIES])}
    report: dict[str, Any] = {"report_id": new_id()}
    before, after = ([_recused_from(chance, **report) for _ in range(chance.choice([0, 0, 1]))] for _ in range(2))
    asked = replace(r.ASK_IDENTITY, unmasking_id=thing, requester=f"issuer#{chance.choice(PEOPLE)}", **about, **report)
    approved = replace(r.APPROVE_IDENTITY, unmasking_id=thing, digest=digest_of(asked))
    steps: list[Any] = [asked, approved, replace(approved, approver="leader-2")]
    return [replace(r.REAL_NAME, **report), *before, *steps[: chance.choice([1, 2, 3])], *after]


def _recused_from(chance: Random, report_id: UUID) -> Any:
    person = chance.choice([str.lower, str.upper])(chance.choice(PEOPLE))
    return replace(r.RECUSE_FROM_REPORT, report_id=report_id, person=person, by_head=True)


STORIES: Mapping[str, Callable[[Random, UUID], Sequence[Any]]] = {
    "tolerance_case": _case,
    "submission": _submission,
    "report": _report,
    "unmasking": _unmasking,
    "standing": _withdrawal,
    "dossier": _dossier,
    "erasure": _erasure,
    "notice": _notice,
}


@dataclass
class Thing:
    """What there is of one thing; whoever is recused from its report is recused from it."""

    state: Any = None
    recused: frozenset[str] = frozenset()

    def facts(self, listed: Listed, caller: Caller, at: datetime) -> Facts:
        """Return how the caller stands to it."""
        facts = listed.protection.relate(caller, self.state, at)
        return facts._replace(recused=facts.recused or caller.is_one_of(self.recused))


async def peopled(listed: Listed, store: EventStore, chance: Random) -> dict[UUID, Thing]:
    """Write a random world; return each thing as it stands."""
    things = {}
    cause = Cause(actor=system_actor("test"), correlation=new_id())
    for _ in range(THINGS):
        thing, there = new_id(), Thing()
        for command in listed.story(chance, thing):
            of_report = isinstance(command, ReportCommand)
            decider, told = (REPORT, command.report_id) if of_report else (listed.decider, thing)
            with suppress(Rejected):  # what chance has made impossible
                state = (await transact(store, decider, told, command, rules=RULES, cause=cause)).state
                there.recused = state.recused if of_report else there.recused
                if told == thing:
                    there.state, things[thing] = state, there
    return things
