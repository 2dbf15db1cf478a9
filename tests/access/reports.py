"""Reports 检举控告 of the world, and unmaskings in each state: asked for, approved by two."""

from collections.abc import Mapping

from rongcuo.demo.client import Desk, Json
from shared.kernel.ids import new_id
from tests.access.callers import ASKERS, CITY, COUNTY, OFFICE
from tests.access.desks import Desks

REPORTS, UNMASKINGS = "/intake/v1/reports", "/intake/v1/unmaskings"
CONTENT = "在项目验收中收受礼品。"
REPORTER = {"name": "某己", "phone": "13800000000"}
REASON = "需要当面核实举报内容。"


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
        for stage in ("assigned", "unassigned"):
            report = await _receive(petitions, receipt(names, jurisdiction))
            received[f"report {place} {stage}"] = report
            if stage == "assigned":
                await petitions.command(f"{REPORTS}/{report}", "assignment", {"office": OFFICE})
    received["report county sent up"] = await _receive(petitions, receipt(names, COUNTY, head_of_organ=True))
    return received | await _unmask(desks, received)


async def _receive(petitions: Desk, body: Json) -> str:
    return str((await petitions.create(REPORTS, body))["id"])


async def _unmask(desks: Desks, reports: Mapping[str, str]) -> dict[str, str]:
    """Let each role ask twice in the county, and be approved once; let somebody ask in the city."""
    asked = {}
    for role in ASKERS:
        asker = desks(role, subject=f"{role}-asker", organisation=OFFICE)
        for stage in ("asked", "approved"):
            asked[f"unmasking {role} {stage}"] = await _ask(asker, reports["report county assigned"])
        await _approve(desks, asked[f"unmasking {role} approved"])
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
    for approver in (desks.leader(), desks("dic_head", subject="head-01", organisation="331123-dic")):
        resource = f"{UNMASKINGS}/{unmasking}"
        await approver.command(resource, "approval", {"digest": (await approver.get(resource))["digest"]})
