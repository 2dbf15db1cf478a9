"""Only who stands in the matter is erased from it, an identity only where it is known, and nobody erases his own."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from rongcuo.demo.client import Desk, Json, Refused
from services.archive.adapters.sequence import collect
from shared.authz.development import DevelopmentIssuer
from shared.kernel.canonical import canonical_bytes
from shared.kernel.clock import utc_now
from shared.kernel.ids import new_id
from shared.kernel.recorded import Recorded
from tests.erasure.conftest import Matter
from tests.erasure.site import People, Site
from tests.erasure.test_refusals import asked_for, refused
from tests.erasure.test_restore import YEARS, approve, request

HERE, ELSEWHERE = "331123", "331127"
ERASURES, HOLDS = "/archive/v1/erasures", "/archive/v1/legal-holds"
FAR = 1_000_000
"""A position that no log of a test reaches."""


def desk(people: People, site: Site, role: str, subject: str, *jurisdictions: str, party: str | None = None) -> Desk:
    """Return the desk of somebody who is not in the cast."""
    token = DevelopmentIssuer(site.place).token(
        roles=(role,), subject=subject, jurisdictions=jurisdictions or (HERE,), party=UUID(party) if party else None
    )
    return Desk(people.head.http, people.head.base, token)


async def arrives(site: Site, position: int, stream: str, event_type: str, payload: Json, matter: str | None) -> None:
    """Let the archive take in an event of the other services."""
    log = "intake" if event_type == "PartyRegistered" else "adjudication"
    told, metadata = canonical_bytes(payload), canonical_bytes({"matter": matter})
    event = Recorded(log, position, stream, 1, new_id(), event_type, 1, told, metadata, utc_now())
    connection = await asyncpg.connect(site.databases.admin("archive"))
    async with connection.transaction():
        await collect(connection, [event])
    await connection.close()


async def unseen(who: Desk, path: str) -> None:
    """See that somebody is told that there is nothing."""
    with pytest.raises(Refused) as refusal:
        await who.get(path)
    assert refusal.value.problem["code"] == "not-found"


async def test_nobody_else_is_erased(matter: Matter) -> None:
    site = matter.site
    site.later = YEARS
    stranger, foreigner, unknown = (str(new_id()) for _ in range(3))
    await arrives(site, FAR, f"party-{foreigner}", "PartyRegistered", {"jurisdiction": ELSEWHERE}, None)
    for number, party in enumerate((foreigner, unknown)):
        stream = f"tolerance_case-{new_id()}"
        await arrives(site, FAR + number, stream, "CaseInitiated", {"concerned": party}, matter.matter)
    await arrives(site, FAR + 5, f"other-{new_id()}", "Told", {"office": stranger}, matter.matter)
    await arrives(site, FAR + 6, f"other-{new_id()}", "Told", {"concerned": stranger}, str(new_id()))
    async with site.open(working=False) as people:
        await people.head.create(HOLDS, {"case_id": matter.played.case, "ground": "litigation"})
        for identity in (False, True, False):  # nor does a request prove itself
            assert await asked_for(people, matter, subject=stranger, identity=identity) == "subject-not-in-matter"
        hold = f"{HOLDS}/{matter.matter}"
        assert (await people.leader.get(hold)).get("refusals", []) == []
        await people.leader.command(hold, "release")

        for party in (foreigner, unknown):
            assert await asked_for(people, matter, subject=party) == "registration-elsewhere"
        wide = desk(people, site, "archivist", "archivist-09", HERE, ELSEWHERE)
        asked = {"erasure_id": str(new_id()), "case_id": matter.played.case, "subject": foreigner, "identity": True}
        erasure = str((await wide.create(ERASURES, asked | {"ground": "retention-over"}))["href"])
        await approve(people, erasure)
        assert await refused(people.cast.archivist, erasure, "execution") == "registration-elsewhere"
        assert (await wide.command(erasure, "execution"))["state"] == "erased"


async def test_nobody_has_a_hand_in_his_own_or_where_he_is_recused(matter: Matter) -> None:
    site, case, cadre = matter.site, matter.played.case, matter.played.party
    site.later = YEARS
    async with site.open() as people:
        archivist, leader = (
            desk(people, site, role, f"{role}-cadre", party=cadre) for role in ("archivist", "dic_leader")
        )
        asked = {"erasure_id": str(new_id()), "case_id": case, "subject": cadre, "ground": "retention-over"}
        for who, path, body in [(archivist, ERASURES, asked), (leader, HOLDS, {"case_id": case, "ground": "audit"})]:
            with pytest.raises(Refused) as refusal:
                await who.create(path, body)
            assert refusal.value.problem["code"] == "not-found"

        erasure, hold = await request(people, matter), f"{HOLDS}/{matter.matter}"
        await people.head.create(HOLDS, {"case_id": case, "ground": "litigation"})
        digest = {"digest": (await people.head.get(erasure))["digest"]}
        await people.cast.archivist.until(ERASURES, lambda page: page["items"] != [])
        assert (await archivist.get(ERASURES))["items"] == []
        for who, path, command, body in [
            (leader, erasure, "approval", digest),
            (archivist, erasure, "execution", {}),
            (leader, hold, "release", {}),
        ]:
            await unseen(who, path)
            assert await sent_blind(who, path, command, body) == "not-found"

        late = desk(people, site, "dic_leader", "leader-03")  # recused after it was asked for and held
        await late.get(erasure)
        await people.leader.command(
            f"/adjudication/v1/tolerance-cases/{case}", "recusals", {"person": "leader-03", "ground": "witness"}
        )
        async with asyncio.timeout(30):
            while await sent_blind(late, erasure, "approval", {"digest": "0" * 64}) != "not-found":
                await asyncio.sleep(0.1)
        assert await sent_blind(late, hold, "release", {}) == "not-found"


async def sent_blind(who: Desk, path: str, command: str, body: Json) -> str:
    """Return the code with which a command is refused to somebody who may not read what it is about."""
    answer = await who.http.post(
        f"{who.base['archive']}{path}/{command}",
        json=body,
        headers={"Authorization": f"Bearer {who.token}", "Idempotency-Key": str(new_id()), "If-Match": '"v1"'},
    )
    return str(answer.json()["code"])
