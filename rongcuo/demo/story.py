"""Two matters of 遂昌, step by step: 钟某's case (found by an inspection team) and an application by a person.

What the source says of 钟某 (reference S0, SC-01): an oversight in checking codes at a motorway exit during epidemic
control, found in a routine inspection; found in time, no adverse consequence, sincere, corrected; exempted. It gives no
dates and no officers: those here are examples. The visit a year later is noted, not played.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from rongcuo.demo.client import Desk, Json, Token
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id

JURISDICTION = "331123"
OFFICERS = ["officer-17", "officer-23"]
COMMITTEE = ["member-01", "member-02", "member-03"]
CONDITIONS = ["selfless", "diligent", "no_private_gain", "timely_correction"]
ACCEPTANCE = "承办部门受理，裁定服务立案"
"""The step at which a case crosses from intake to adjudication."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Played:
    """What a story left behind: ids of the resources, for whoever wants to look at them."""

    party: str
    submission: str
    case: str
    notice: str


@dataclass
class Cast:
    """Everybody who acts: each with a token of his own role."""

    inspector: Desk
    officer: Desk
    leader: Desk
    committee: Desk
    archivist: Desk
    auditor: Desk
    desk_for: Callable[..., Desk]

    @classmethod
    def assemble(cls, http: httpx.AsyncClient, base: dict[str, str], token: Token) -> "Cast":
        """Give every role its token; `token` is what `rongcuo token` makes."""

        def desk(*roles: str, **claims: Any) -> Desk:
            return Desk(http, base, token(roles=roles, jurisdictions=(JURISDICTION,), **claims))

        return cls(
            inspector=desk("inspection_team", subject="inspector-05", organisation="331123-dic-inspection"),
            officer=desk("handling_office", subject="officer-17", organisation="331123-dic"),
            leader=desk("dic_leader", subject="leader-01", organisation="331123-dic"),
            committee=desk("adjudication_committee", subject="member-01", organisation="331123-committee"),
            archivist=desk("archivist", subject="archivist-02", organisation="331123-dic"),
            auditor=desk("external_auditor", subject="auditor-09"),
            desk_for=desk,
        )


async def register(desk: Desk, name: str, contact: str | None = None) -> str:
    """Enter a person; the name is sealed before it is stored."""
    party = {
        "party_id": str(new_id()),
        "kind": "person",
        "jurisdiction": JURISDICTION,
        "name": name,
        "contact": contact,
    }
    return str((await desk.create("/intake/v1/parties", party))["id"])


async def submit(desk: Desk, draft: Json) -> str:
    """Write a draft under an id of the client's own, then submit it."""
    submission = str(new_id())
    await desk.put(f"/intake/v1/drafts/{submission}", draft)
    await desk.create("/intake/v1/submissions", {"submission_id": submission})
    return submission


async def accept(cast: Cast, submission: str) -> str:
    """Accept the submission and wait until adjudication has opened the case that the acceptance named."""
    resource = f"/intake/v1/submissions/{submission}"
    await cast.officer.command(resource, "acceptance")
    opened = await cast.officer.until(resource, lambda answer: bool((answer["case"] or {}).get("state") == "open"))
    return str(opened["case"]["id"])


async def investigate(cast: Cast, case: str, notes: dict[str, str], statement: str, day: str) -> None:
    """Open the investigation, keep one record of each kind, hear the defence."""
    resource = f"/adjudication/v1/tolerance-cases/{case}"
    await cast.officer.command(resource, "investigation", {"officers": OFFICERS, "opened_on": day})
    for kind, note in notes.items():
        record = {"record_id": str(new_id()), "kind": kind, "on": day, "officers": OFFICERS, "note": note}
        await cast.officer.command(resource, "investigation-records", record | {"signed_by_interviewed": True})
    defence = {"on": day, "statement": statement, "waiver_signed": False, "heard_by": OFFICERS}
    await cast.officer.command(resource, "defence", defence)


async def conclude(cast: Cast, case: str, report: Json, conclusion: Json, day: str) -> None:
    """File the report, conclude collectively, and tell the person."""
    resource = f"/adjudication/v1/tolerance-cases/{case}"
    await cast.officer.command(resource, "report", {"on": day, "exclusions": [], "signed_by": OFFICERS, **report})
    await let_in(cast, case, COMMITTEE[0])
    concluded = {"decided_by": COMMITTEE, "legality_confirmed": True, "concluded_on": day, **conclusion}
    await cast.committee.command(resource, "conclusion", concluded)
    await cast.officer.command(resource, "feedback", {"on": day, "explained": True})


async def let_in(cast: Cast, case: str, member: str) -> None:
    """Give a committee member sight of the case for thirty days: none has it for ever, and none from the beginning."""
    ends_at = (utc_now() + timedelta(days=30)).isoformat()
    grant = {"grant_id": str(new_id()), "person": member, "role": "adjudication_committee", "ends_at": ends_at}
    await cast.leader.command(f"/adjudication/v1/tolerance-cases/{case}", "access-grants", grant)


async def notice_of(cast: Cast, party: str, template: str) -> str:
    """Find the notice in the person's inbox and acknowledge it, as the person would on a phone."""
    person = cast.desk_for("subject", subject=f"person-{party}", party=party)

    def found(inbox: Json) -> list[Json]:
        return [item for item in inbox["items"] if item["template"] == template]

    inbox = await person.until("/notification/v1/inbox", lambda answer: bool(found(answer)))
    notice = str(found(inbox)[0]["id"])
    await person.command(f"/notification/v1/notices/{notice}", "receipt")
    return notice


async def complete_volume(cast: Cast, case: str, day: str) -> None:
    """Wait for the dossier that the conclusion opened, and close its volume once both papers have arrived."""
    resource = f"/archive/v1/dossiers/{case}"
    await cast.archivist.until(resource, lambda answer: len(answer.get("papers", ())) >= 2)
    await cast.archivist.command(resource, "volume", {"on": day, "pages": 36, "retention": "permanent"})


async def zhong(cast: Cast, progress: Progress) -> Played:
    """钟某: a finding of the inspection team, exempted (容错免责)."""
    progress("督查组登记当事人")
    party = await register(cast.inspector, "钟某")
    progress("督查组提交发现事项")
    draft = {
        "kind": "finding",
        "jurisdiction": JURISDICTION,
        "found_by": "遂昌县纪委监委督查组",
        "found_on": "2022-04-20",
        "concerned": party,
        "situations": ["SC.4"],
        "act_on": "2022-04-18",
        "statement": "在高速口疫情防控工作中存在对个别人员疏漏查码的问题。",
    }
    submission = await submit(cast.inspector, draft)
    progress(ACCEPTANCE)
    case = await accept(cast, submission)
    progress("调查核实：实地走访、谈心谈话、引入申辩；听取申辩")
    notes = {
        "site_visit": "到高速口卡点实地查看查码流程和当日值班记录。",
        "talk": "与钟某谈心谈话，其说明当时车流集中，对个别人员未逐一查码。",
        "defence_introduced": "告知申辩权利和申辩时间。",
    }
    await investigate(cast, case, notes, "承认疏漏，已改进查码流程，未发现由此造成的后果。", "2022-04-25")
    progress("形成调查报告，委员会集体裁定，反馈本人")
    report = {
        "facts": "疏漏查码属实，系工作疏忽，当日发现并补查。",
        "eligibility": "出于公心、尽职尽责、未谋私利、及时纠错纠偏。",
        "situations": ["SC.4"],
        "conditions": dict.fromkeys(CONDITIONS, "met"),
    }
    grounds = ["found_in_time", "no_adverse_consequence", "sincere_attitude", "active_rectification"]
    conclusion = {"outcome": "exempt", "grounds": grounds, "reasons": "及时发现，未造成不良后果，态度端正，积极整改。"}
    await conclude(cast, case, report, conclusion, "2022-05-06")
    progress("通知送达本人，本人签收")
    notice = await notice_of(cast, party, "tolerance_fed_back")
    progress("档案归卷")
    await complete_volume(cast, case, "2022-05-10")
    return Played(party, submission, case, notice)


async def applicant(cast: Cast, progress: Progress) -> Played:
    """An application by a person: returned for a supplement, resubmitted, mitigated (容错减责)."""
    progress("个人申请：登记、起草、提交")
    party = await register(cast.officer, "李某", "手机尾号 0000")
    person = cast.desk_for("applicant_person", subject=f"person-{party}", party=party)
    draft = {
        "kind": "application",
        "jurisdiction": JURISDICTION,
        "applicant_kind": "person",
        "applicant": party,
        "concerned": party,
        "situations": ["SC.3"],
        "act_on": "2023-03-02",
        "statement": "项目推进中未及时办理变更手续，申请容错。",
    }
    submission = await submit(person, draft)
    resource = f"/intake/v1/submissions/{submission}"
    progress("退回补正、补正后重新提交、受理")
    await cast.officer.command(resource, "return", {"missing": "请补充集体研究的会议记录。"})
    supplement = {"statement": "项目推进中未及时办理变更手续，已附会议记录，申请容错。", "situations": ["SC.3"]}
    await person.command(resource, "supplement", supplement)
    case = await accept(cast, submission)
    progress("调查、申辩、报告、集体裁定(容错减责)、反馈")
    notes = {"site_visit": "到项目现场核实。", "talk": "与申请人谈话，核对手续办理经过。"}
    await investigate(cast, case, notes, "手续已补办，愿意承担相应责任。", "2023-04-03")
    report = {
        "facts": "变更手续未及时办理属实，后已补办。",
        "eligibility": "出于公心、未谋私利；纠正不够及时。",
        "situations": ["SC.3"],
        "conditions": dict.fromkeys(CONDITIONS, "met") | {"timely_correction": "not_met"},
    }
    conclusion = {"outcome": "reduced", "grounds": ["sincere_attitude"], "reasons": "手续迟延，后果轻微，从轻处理。"}
    await conclude(cast, case, report, conclusion, "2023-04-20")
    progress("通知送达、归卷")
    notice = await notice_of(cast, party, "tolerance_fed_back")
    await complete_volume(cast, case, "2023-04-28")
    return Played(party, submission, case, notice)
