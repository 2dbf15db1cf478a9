"""Cases of the world, one in each state in which a command can succeed, with grants and recusals on each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rongcuo.demo.client import Json
from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from tests.access.callers import CITY, CLERK, COUNTY, OFFICE, OFFICER
from tests.access.desks import Desks
from tests.access.submissions import SUBMISSIONS, file

CASES = "/adjudication/v1/tolerance-cases"
OFFICERS = [CLERK, OFFICER]
COMMITTEE = ["member-01", "member-02", "member-03"]
GRANTABLE = ("adjudication_committee", "expert_group", "trial_office", "review_team", "org_dept")
WITHIN = ("dic_head", "dic_leader", "case_mgmt", "handling_office", "petition_office", "external_auditor", "archivist")
OFFICIAL = (*WITHIN, *GRANTABLE)
"""Who may come upon a case because of his office, and so can be recused from it."""
ACTING = ("handling_office", "adjudication_committee")
"""Who acts on a case at one stage only."""
DAY = "2023-04-03"
NOTE = "到项目现场核实。"
OPENING: Json = {"officers": OFFICERS, "opened_on": DAY}
DEFENCE: Json = {"on": DAY, "statement": "手续已补办，愿意承担相应责任。", "waiver_signed": False, "heard_by": OFFICERS}
REPORT: Json = {
    "on": DAY,
    "facts": "变更手续未及时办理属实，后已补办。",
    "eligibility": "出于公心，未谋私利。",
    "situations": ["SC.3"],
    "conditions": dict.fromkeys(["selfless", "diligent", "no_private_gain", "timely_correction"], "met"),
    "exclusions": [],
    "signed_by": OFFICERS,
}
RECOGNITION: Json = {"situation": "SC.X", "reasons": "符合其他情形。", "recognised_by": COMMITTEE, "on": DAY}
CONCLUSION: Json = {
    "outcome": "reduced",
    "grounds": ["sincere_attitude"],
    "reasons": "手续迟延，后果轻微。",
    "decided_by": COMMITTEE,
    "legality_confirmed": True,
    "concluded_on": DAY,
    "departure_reasons": "纠正略迟，从轻处理。",
}
FEEDBACK: Json = {"on": DAY, "explained": True}
DECIDED_UPON = ("defended", "open_class", "reported")
"""The stages at which the matrix plays grants that are not in force."""
CONCLUDED = ("concluded", "complete")
STAGES = ("unassigned", "assigned", "defended", "spare", "open_class", "reported", *CONCLUDED)


def record() -> Json:
    """Return the body that records an activity of the investigation."""
    visit = {"kind": "site_visit", "on": DAY, "officers": OFFICERS, "note": NOTE}
    return {"record_id": str(new_id()), **visit, "signed_by_interviewed": None}


@dataclass(frozen=True)
class Cases:
    """Opens the cases of the world."""

    desks: Desks
    names: Mapping[str, str]
    clock: Clock
    heard: dict[str, str] = field(default_factory=dict)
    """The version of each case at which the defence was heard."""

    async def open_all(self) -> dict[str, str]:
        """Open a case of every stage in county and city; also tell its submission, and a grant of each."""
        opened: dict[str, str] = {}
        for place, jurisdiction in (("county", COUNTY), ("city", CITY)):
            submissions = {stage: await self._accepted(jurisdiction) for stage in STAGES}
            for stage, submission in submissions.items():
                case = await self._case_of(submission)
                opened |= {f"case {place} {stage}": case, f"submission {place} {stage} accepted": submission}
                await self._advance(case, stage)
                opened[f"grant {place} {stage}"] = await self._grant_all(case, stage)
                if place == "county":
                    await self._withhold_all(case, stage)
        return opened | self.heard

    async def _accepted(self, jurisdiction: str) -> str:
        submission = await file(self.desks, self.names, jurisdiction)
        await self.desks.clerk().command(f"{SUBMISSIONS}/{submission}", "acceptance")
        return submission

    async def _case_of(self, submission: str) -> str:
        def is_open(answer: Json) -> bool:
            return bool((answer["case"] or {}).get("state") == "open")

        return str((await self.desks.clerk().until(f"{SUBMISSIONS}/{submission}", is_open))["case"]["id"])

    async def _advance(self, case: str, stage: str) -> None:
        """Take a case to its stage."""
        resource, officer = f"{CASES}/{case}", self.desks.clerk()
        if stage == "unassigned":
            return
        if stage == "assigned":
            await self.desks.leader().command(resource, "assignment", {"office": OFFICE})
            return
        await officer.command(resource, "investigation", OPENING)
        await officer.command(resource, "investigation-records", record())
        heard = await officer.command(resource, "defence", DEFENCE)
        self.heard[f"defence {case}"] = str(heard["version"])
        if stage in {"defended", "spare"}:
            return
        open_class = stage in {"open_class", "complete"}
        await officer.command(resource, "report", REPORT | {"situations": ["SC.3", *["SC.X"] * open_class]})
        if stage in CONCLUDED:
            await self._conclude(resource, open_class, feedback=stage == "complete")

    async def _conclude(self, resource: str, open_class: bool, *, feedback: bool) -> None:
        await self._grant(resource, COMMITTEE[0], "adjudication_committee", timedelta(days=2))
        member = self.desks("adjudication_committee", subject=COMMITTEE[0], organisation="331123-committee")
        if open_class:
            await member.command(resource, "situation-recognitions", RECOGNITION)
        await member.command(resource, "conclusion", CONCLUSION)
        if feedback:
            await self.desks.clerk().command(resource, "feedback", FEEDBACK)

    async def _grant_all(self, case: str, stage: str) -> str:
        """Grant the roles that take grants and read or decide at this stage; tell the last grant."""
        resource, days = f"{CASES}/{case}", timedelta(days=2)
        return [await self._grant(resource, f"{role}-granted", role, days) for role in _granted_at(stage)][-1]

    async def _withhold_all(self, case: str, stage: str) -> None:
        """Grant for minutes, to the wrong role, and not any more; recuse whoever comes upon the case at this stage."""
        resource, leader = f"{CASES}/{case}", self.desks.leader()
        for role in _granted_at(stage) if stage in DECIDED_UPON else ():
            await self._grant(resource, f"{role}-recused", role, timedelta(days=2))
            await self._grant(resource, f"{role}-expired", role, timedelta(minutes=30))
            other = next(other for other in GRANTABLE if other != role)
            await self._grant(resource, f"{role}-misgranted", other, timedelta(days=2))
            ended = await self._grant(resource, f"{role}-ended", role, timedelta(days=2))
            await leader.command(resource, f"access-grants/{ended}/end")
        for role in OFFICIAL if stage in {"defended", "concluded", "complete"} else ACTING:
            await leader.command(resource, "recusals", {"person": f"{role}-recused", "ground": "interest"})

    async def _grant(self, resource: str, person: str, role: str, time: timedelta) -> str:
        grant = grant_to(person, role, self.clock() + time)
        await self.desks.leader().command(resource, "access-grants", grant)
        return str(grant["grant_id"])


def _granted_at(stage: str) -> tuple[str, ...]:
    return GRANTABLE if stage in {"unassigned", "defended", "complete"} else GRANTABLE[:1]


def grant_to(person: str, role: str, ends_at: datetime) -> Json:
    """Return the body that grants a role until an instant."""
    return {"grant_id": str(new_id()), "person": person, "role": role, "ends_at": ends_at.isoformat()}
