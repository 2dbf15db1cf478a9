"""Volumes 卷宗 of the world: completed long ago, so that erasures may be asked for; a matter that is held."""

from collections.abc import Mapping

from rongcuo.demo.client import Desk, Json
from shared.kernel.ids import new_id
from tests.access.desks import Desks

DOSSIERS, ERASURES, HOLDS = "/archive/v1/dossiers", "/archive/v1/erasures", "/archive/v1/legal-holds"
VOLUME: Json = {"on": "2023-05-10", "pages": 36, "retention": "short"}
PLACES = ("county", "city")
STAGES = ("requested", "approved")


def erasure_of(case: str, subject: str) -> Json:
    """Return the body that asks to erase a person from the matter of a case."""
    return {"erasure_id": str(new_id()), "case_id": case, "subject": subject, "ground": "retention-over"}


def hold_on(case: str) -> Json:
    """Return the body that holds the matter of a case."""
    return {"case_id": case, "ground": "litigation"}


async def keep_volumes(desks: Desks, names: Mapping[str, str]) -> dict[str, str]:
    """Complete volumes, ask for erasures of them, approve some, and hold the matters of the others."""
    archivist = desks("archivist", subject="archivist-02", organisation="331123-dic")
    kept = {}
    for place in PLACES:
        case, other = (names[f"case {place} {stage}"] for stage in ("complete", "concluded"))
        for dossier, papers in ((case, ("conclusion", "feedback")), (other, ("conclusion",))):
            await _filled(archivist, dossier, len(papers))
        await archivist.command(f"{DOSSIERS}/{case}", "volume", VOLUME)
        for stage in STAGES:
            asked = await archivist.create(ERASURES, erasure_of(case, names["cadre"]))
            kept[f"erasure {place} {stage}"] = str(asked["id"])
        await _approve(desks, kept[f"erasure {place} approved"])
        kept[f"digest {kept[f'erasure {place} requested']}"] = await _digest(
            archivist, kept[f"erasure {place} requested"]
        )
        await desks("dic_head", subject="head-01").create(HOLDS, hold_on(other))
        kept[f"hold {place}"] = str((await archivist.get(f"{DOSSIERS}/{other}"))["matter"])
    await archivist.until(f"{ERASURES}?limit=200", lambda answer: len(answer["items"]) == len(PLACES) * len(STAGES))
    return kept


async def _filled(archivist: Desk, dossier: str, papers: int) -> None:
    await archivist.until(f"{DOSSIERS}/{dossier}", lambda answer: len(answer.get("papers", ())) == papers)


async def _digest(desk: Desk, erasure: str) -> str:
    return str((await desk.get(f"{ERASURES}/{erasure}"))["digest"])


async def _approve(desks: Desks, erasure: str) -> None:
    for approver in (desks.leader(), desks("dic_head", subject="head-01")):
        await approver.command(f"{ERASURES}/{erasure}", "approval", {"digest": await _digest(approver, erasure)})
