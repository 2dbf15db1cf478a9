"""The story of a personal application, told with nothing but the generated client; run by the Python of .venv-sdk.

Address and tokens come from the environment (API, PARTY, PERSON, OFFICER, LEADER, MEMBER); the last line that is
printed is the case as the person sees it.
"""

# ruff: noqa: TID251 - a program of an integrator, with nothing of ours

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

from rongcuo_client import AuthenticatedClient, models
from rongcuo_client.api.drafts import write_draft
from rongcuo_client.api.notices import acknowledge_notice, read_inbox, read_notice
from rongcuo_client.api.parties import register_party
from rongcuo_client.api.submissions import accept_submission, read_submission, submit
from rongcuo_client.api.tolerance_cases import (
    conclude,
    file_report,
    give_feedback,
    grant_access,
    hear_defence,
    open_investigation,
    read_case,
    record_investigation,
)

OFFICERS = ["officer-17", "officer-23"]
PATIENCE_S = 60


def client(name: str) -> AuthenticatedClient:
    """Return a client with the token of the variable `name`."""
    return AuthenticatedClient(os.environ["API"], os.environ[name], raise_on_unexpected_status=True)


def told(answer: Any) -> Any:
    """Return what an answer holds; a problem ends the story."""
    if isinstance(answer.parsed, models.ProblemBody):
        raise SystemExit(f"{answer.status_code} {answer.parsed.code}: {answer.parsed.detail}")
    return answer.parsed


def act(who: AuthenticatedClient, read: ModuleType, command: ModuleType, thing: UUID, body: Any) -> None:
    """Run a command on the version that was read just now."""
    known = read.sync_detailed(thing, client=who)
    told(known)
    key = str(uuid4())
    told(command.sync_detailed(thing, client=who, body=body, idempotency_key=key, if_match=known.headers["etag"]))


def wait_for(look: Callable[[], Any]) -> Any:
    """Look until something is found: events take a moment to other services."""
    until = time.monotonic() + PATIENCE_S
    while not (found := look()):
        if time.monotonic() > until:
            raise SystemExit("waited in vain")
        time.sleep(0.1)
    return found


def apply(person: AuthenticatedClient, party: UUID) -> UUID:
    """Register, write the draft, submit it."""
    who = {"party_id": str(party), "kind": "person", "jurisdiction": "331123", "name": "某甲"}
    registration = models.PartyRegistration.from_dict(who)
    told(register_party.sync_detailed(client=person, body=registration, idempotency_key=str(uuid4())))
    submission = uuid4()
    draft = models.Draft.from_dict(
        {
            **{"kind": "application", "applicant_kind": "person", "applicant": str(party), "concerned": str(party)},
            **{"jurisdiction": "331123", "situations": ["SC.3"], "act_on": "2023-03-02", "statement": "申请容错。"},
        }
    )
    told(write_draft.sync_detailed(submission, client=person, body=draft))
    submitting = models.Submitting(submission_id=submission)
    told(submit.sync_detailed(client=person, body=submitting, idempotency_key=str(uuid4())))
    return submission


def accept(officer: AuthenticatedClient, submission: UUID) -> UUID:
    """Accept the submission and wait for its case."""
    act(officer, read_submission, accept_submission, submission, models.Acceptance())

    def opened() -> UUID | None:
        case = told(read_submission.sync_detailed(submission, client=officer)).case
        return case.id if case and case.state == "open" else None

    found: UUID = wait_for(opened)
    return found


def investigate(officer: AuthenticatedClient, case: UUID) -> None:
    """Open the investigation, record a visit, hear the defence, file the report."""
    opening = {"officers": OFFICERS, "opened_on": "2023-04-03"}
    act(officer, read_case, open_investigation, case, models.Investigation.from_dict(opening))
    visit = {
        "record_id": str(uuid4()),
        "kind": "site_visit",
        "on": "2023-04-03",
        "officers": OFFICERS,
        "note": "核实。",
    }
    act(officer, read_case, record_investigation, case, models.Record.from_dict(visit))
    defence = {"on": "2023-04-05", "statement": "手续已补办。", "waiver_signed": False, "heard_by": OFFICERS}
    act(officer, read_case, hear_defence, case, models.Defence.from_dict(defence))
    conditions = dict.fromkeys(("selfless", "diligent", "no_private_gain", "timely_correction"), "met")
    report = {
        **{"on": "2023-04-10", "facts": "情况属实。", "eligibility": "符合四项条件。", "situations": ["SC.3"]},
        **{"conditions": conditions, "exclusions": [], "signed_by": OFFICERS},
    }
    act(officer, read_case, file_report, case, models.Report.from_dict(report))


def decide(leader: AuthenticatedClient, member: AuthenticatedClient, case: UUID) -> None:
    """Let a committee member in for thirty days; the committee concludes."""
    ends_at = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    grant = {"grant_id": str(uuid4()), "person": "member-01", "role": "adjudication_committee", "ends_at": ends_at}
    act(leader, read_case, grant_access, case, models.Grant.from_dict(grant))
    conclusion = {
        **{"outcome": "exempt", "grounds": ["found_in_time", "active_rectification"], "reasons": "积极整改。"},
        **{"decided_by": ["member-01", "member-02"], "legality_confirmed": True, "concluded_on": "2023-04-20"},
    }
    act(member, read_case, conclude, case, models.Conclusion.from_dict(conclusion))


def notice_of(person: AuthenticatedClient) -> UUID:
    """Wait for the notice of the feedback in the inbox."""

    def found() -> UUID | None:
        items = told(read_inbox.sync_detailed(client=person)).items
        return next((item.id for item in items if item.template == "tolerance_fed_back"), None)

    notice: UUID = wait_for(found)
    return notice


def main() -> None:
    """Tell the story."""
    person, officer, leader, member = (client(name) for name in ("PERSON", "OFFICER", "LEADER", "MEMBER"))
    submission = apply(person, UUID(os.environ["PARTY"]))
    case = accept(officer, submission)
    investigate(officer, case)
    decide(leader, member, case)
    act(officer, read_case, give_feedback, case, models.Feedback.from_dict({"on": "2023-04-21", "explained": True}))
    act(person, read_notice, acknowledge_notice, notice_of(person), models.Receipt())
    print(json.dumps(told(read_case.sync_detailed(case, client=person)).to_dict()))


if __name__ == "__main__":
    main()
