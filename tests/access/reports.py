"""Reports 检举控告 of the world with who is recused, and unmaskings in each state: asked for, approved by two."""

from collections.abc import Mapping

from rongcuo.demo.client import Desk, Json
from shared.kernel.ids import new_id
from tests.access.callers import ASKERS, CITY, COUNTY, OFFICE
from tests.access.desks import Desks

REPORTS, UNMASKINGS = "/intake/v1/reports", "/intake/v1/unmaskings"
CONTENT = "在项目验收中收受礼品。"
REPORTER = {"name": "某己", "phone": "13800000000"}
REASON = "需要当面核实举报内容。"
READERS = ("petition_office", "dic_head", "dic_leader", "case_mgmt", "handling_office")
"""Who may come upon a report or its unmaskings because of his office, and so can be recused."""


def receipt(names: Mapping[str, str], jurisdiction: str, **changes: object) -> Json:
    """Return the body that receives a report about the cadre, by somebody who gives his name."""
    about: Json = {"jurisdiction": jurisdiction, "managed_by": jurisdiction, "concerned": names["cadre"]}
    said: Json = {"channel": "letter", "received_on": "2023-03-02", "content": CONTENT, "reporter": REPORTER}
    return {"report_id": str(new_id())} | about | said | changes


def request_for(report: str) -> Json:
    """Return the body that asks for the name of who reported."""
    return {"unmasking_id": str(new_id()), "report_id": report, "fields": ["name"], "reason": REASON}


async def receive_reports(desks: Desks, names: Mapping[str, str]) -> dict[str, str]:
    """Receive reports that an office has, that nobody has yet, and that had to go up; ask to unmask the first."""
    petitions = desks("petition_office", subject="clerk-41", organisation="331123-petitions")
    received = {}
    for place, jurisdiction in (("county", COUNTY), ("city", CITY)):
        received[f"report {place} assigned"] = await _assigned(petitions, receipt(names, jurisdiction))
        received[f"report {place} unassigned"] = await _receive(petitions, receipt(names, jurisdiction))
    received["report county recused"] = await _assigned(petitions, receipt(names, COUNTY))
    received["report county sent up"] = await _receive(petitions, receipt(names, COUNTY, head_of_organ=True))
    asked = await _unmask(desks, received)
    for place in ("county", "city"):
        await _recuse(desks, received[f"report {place} assigned"], *(f"{role}-recused" for role in READERS))
    await _recuse(desks, received["report county recused"], *(f"{role}-asker" for role in ASKERS))
    return received | asked


async def _recuse(desks: Desks, report: str, *persons: str) -> None:
    """Let the head order each of them out of the report."""
    for person in persons:
        await _head(desks).command(f"{REPORTS}/{report}", "recusals", {"person": person, "ground": "interest"})


def _head(desks: Desks) -> Desk:
    return desks("dic_head", subject="head-01", organisation="331123-dic")


async def _receive(petitions: Desk, body: Json) -> str:
    return str((await petitions.create(REPORTS, body))["id"])


async def _assigned(petitions: Desk, body: Json) -> str:
    report = await _receive(petitions, body)
    await petitions.command(f"{REPORTS}/{report}", "assignment", {"office": OFFICE})
    return report


async def _unmask(desks: Desks, reports: Mapping[str, str]) -> dict[str, str]:
    """Let each role ask three times in the county, approved twice, once before its recusal; ask in the city, too."""
    asked = {}
    for role in ASKERS:
        asker = desks(role, subject=f"{role}-asker", organisation=OFFICE)
        for stage in ("asked", "approved"):
            asked[f"unmasking {role} {stage}"] = await _ask(asker, reports["report county assigned"])
        asked[f"unmasking {role} recused"] = await _ask(asker, reports["report county recused"])
        for stage in ("approved", "recused"):
            await _approve(desks, asked[f"unmasking {role} {stage}"])
    head = desks("dic_head", subject="dic_head-asker", organisation=OFFICE)
    asked["unmasking city asked"] = await _ask(head, reports["report city assigned"])
    leader = desks.leader()
    digests = {
        f"digest {unmasking}": str((await leader.get(f"{UNMASKINGS}/{unmasking}"))["digest"])
        for unmasking in asked.values()
    }
    return asked | digests


async def _ask(asker: Desk, report: str) -> str:
    return str((await asker.create(UNMASKINGS, request_for(report)))["id"])


async def _approve(desks: Desks, unmasking: str) -> None:
    for approver in (desks.leader(), _head(desks)):
        resource = f"{UNMASKINGS}/{unmasking}"
        await approver.command(resource, "approval", {"digest": (await approver.get(resource))["digest"]})
