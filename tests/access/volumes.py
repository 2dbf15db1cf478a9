"""Volumes 卷宗 of the world: completed long ago, so that erasures may be asked for; a matter that is held."""

import asyncio
from collections.abc import Mapping

from rongcuo.demo.client import Desk, Json, Refused
from shared.kernel.ids import new_id
from tests.access.desks import Desks

DOSSIERS, ERASURES, HOLDS = "/archive/v1/dossiers", "/archive/v1/erasures", "/archive/v1/legal-holds"
VOLUME: Json = {"on": "2023-05-10", "pages": 36, "retention": "short"}
PLACES = ("county", "city")
STAGES = ("requested", "approved")
READERS = ("archivist", "dic_head", "dic_leader", "external_auditor")
"""Who reads volumes, erasures and holds; of each one is recused from the cases of the county."""


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
            if place == "county":
                await _closed_to_the_recused(desks, dossier)
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


async def _closed_to_the_recused(desks: Desks, dossier: str) -> None:
    """Wait until the volume knows who is recused: who asks for an erasure writes down whom it says."""
    for role in READERS:
        recused = desks(role, subject=f"{role}-recused")
        async with asyncio.timeout(60):
            while await _sees(recused, dossier):
                await asyncio.sleep(0.05)


async def _sees(desk: Desk, dossier: str) -> bool:
    try:
        await desk.get(f"{DOSSIERS}/{dossier}")
    except Refused as refusal:
        assert refusal.problem["code"] == "not-found"  # noqa: PT017 - anything else is a mistake of the world
        return False
    return True


async def _digest(desk: Desk, erasure: str) -> str:
    return str((await desk.get(f"{ERASURES}/{erasure}"))["digest"])


async def _approve(desks: Desks, erasure: str) -> None:
    for approver in (desks.leader(), desks("dic_head", subject="head-01")):
        await approver.command(f"{ERASURES}/{erasure}", "approval", {"digest": await _digest(approver, erasure)})
