"""Drafts and submissions of the world: by an applicant for a cadre, and by an inspection team."""

from collections.abc import Mapping

from rongcuo.demo.client import Desk, Json
from rongcuo.demo.story import submit
from shared.kernel.ids import new_id
from tests.access.callers import CITY, COUNTY, TEAM
from tests.access.desks import Desks

STATEMENT = "项目推进中未及时办理变更手续。"
MISSING = "请补充集体研究的会议记录。"
WRITERS = ("inspection_team", "applicant_person", "applicant_unit")
READERS = ("dic_head", "dic_leader", "case_mgmt", "handling_office", "inspection_team", "external_auditor")
"""Who may come upon a submission because of his office, and so can be recused."""
SUBMISSIONS = "/intake/v1/submissions"


def draft_of(role: str, names: Mapping[str, str], jurisdiction: str = COUNTY) -> Json:
    """Return what a writer of this role writes about the cadre."""
    said: Json = {"jurisdiction": jurisdiction, "concerned": names["cadre"], "situations": ["SC.3"]}
    said |= {"act_on": "2023-03-02", "statement": STATEMENT}
    if role == "inspection_team":
        return said | {"kind": "finding", "found_by": "督查组", "found_on": "2023-03-04"}
    kind, party = ("unit", "unit") if role == "applicant_unit" else ("person", "applicant")
    return said | {"kind": "application", "applicant_kind": kind, "applicant": names[party]}


async def write_drafts(desks: Desks, names: Mapping[str, str]) -> dict[str, str]:
    """Write a draft of each role that writes any."""
    written = {}
    for role in WRITERS:
        party = {"applicant_person": names["applicant"], "applicant_unit": names["unit"]}.get(role)
        writer = desks(role, subject=f"{role}-writer", organisation=None if party else TEAM, party=party)
        draft = str(new_id())
        await writer.put(f"/intake/v1/drafts/{draft}", draft_of(role, names))
        written[f"draft {role}"] = draft
    return written


async def file_submissions(desks: Desks, names: Mapping[str, str]) -> dict[str, str]:
    """File applications and findings that nobody took yet, that were returned, and that came back."""
    officer = desks.clerk()
    filed = {}
    for place, jurisdiction in (("county", COUNTY), ("city", CITY)):
        filed[f"{place} unassigned"] = await file(desks, names, jurisdiction)
        for stage in ("returned", "submitted"):
            filed[f"{place} {stage}"] = await file(desks, names, jurisdiction)
            await returned(officer, filed[f"{place} {stage}"])
        await supplemented(desks.applicant(names["applicant"]), filed[f"{place} submitted"])
    for stage in ("returned", "submitted"):
        await _recuse(desks, filed[f"county {stage}"])
    filed["finding submitted"] = await submit(desks.inspector(), draft_of("inspection_team", names))
    filed["finding returned"] = await submit(desks.inspector(), draft_of("inspection_team", names))
    await returned(officer, filed["finding returned"])
    return {f"submission {name}": submission for name, submission in filed.items()}


async def _recuse(desks: Desks, submission: str) -> None:
    """Let a leader order out of it whoever may come upon it because of his office."""
    for role in READERS:
        order = {"person": f"{role}-recused", "ground": "interest"}
        await desks.leader().command(f"{SUBMISSIONS}/{submission}", "recusals", order)


async def file(desks: Desks, names: Mapping[str, str], jurisdiction: str) -> str:
    """Let the applicant file for the cadre."""
    return await submit(desks.applicant(names["applicant"]), draft_of("applicant_person", names, jurisdiction))


async def returned(officer: Desk, submission: str) -> None:
    """Return a submission: from then on it is the officer's."""
    await officer.command(f"{SUBMISSIONS}/{submission}", "return", {"missing": MISSING})


async def supplemented(author: Desk, submission: str) -> None:
    """Submit again what was returned."""
    await author.command(f"{SUBMISSIONS}/{submission}", "supplement", {"statement": STATEMENT, "situations": ["SC.3"]})
