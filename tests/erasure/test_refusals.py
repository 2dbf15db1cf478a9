"""Nobody erases alone, too early, against a hold, or something other than what was approved."""

import asyncio

import pytest

from rongcuo.demo.client import Desk, Json, Refused
from shared.kernel.ids import new_id
from tests.erasure.conftest import NEEDLES, Matter
from tests.erasure.site import People
from tests.erasure.test_restore import YEARS, approve, request, shown


async def refused(desk: Desk, resource: str, command: str, body: Json | None = None) -> str:
    """Return the code with which a command is refused."""
    with pytest.raises(Refused) as refusal:
        await desk.command(resource, command, body)
    return str(refusal.value.problem["code"])


async def asked_for(people: People, matter: Matter, **changes: object) -> str:
    """Return the code with which a request for an erasure is refused."""
    with pytest.raises(Refused) as refusal:
        await request(people, matter, **changes)
    return str(refusal.value.problem["code"])


async def test_every_way_round_is_refused(matter: Matter) -> None:
    site, case = matter.site, matter.played.case
    archive, holds = "/archive/v1/erasures", "/archive/v1/legal-holds"
    async with site.open() as people:
        archivist = people.cast.archivist
        assert await asked_for(people, matter) == "retention-running"
        assert await asked_for(people, matter, case_id=str(new_id())) == "not-found"

        site.later = YEARS
        await people.head.create(holds, {"case_id": case, "ground": "litigation"})
        hold = f"{holds}/{matter.matter}"
        assert await asked_for(people, matter) == "legal-hold-in-force"
        assert len((await people.leader.get(hold))["refusals"]) == 1
        assert await refused(people.head, hold, "release") == "hold-released-by-who-placed-it"
        await people.leader.command(hold, "release")

        erasure = await request(people, matter)
        digest = {"digest": (await archivist.get(erasure))["digest"]}
        assert await refused(archivist, erasure, "approval", digest) == "role-not-permitted"
        assert await refused(people.head, erasure, "approval", {"digest": "0" * 64}) == "approval-of-something-else"
        assert await refused(archivist, erasure, "execution") == "erasure-not-approved"
        await people.head.command(erasure, "approval", digest)
        again = await people.head.command(erasure, "approval", digest)
        assert again["state"] == "endorsed"
        assert await refused(archivist, erasure, "execution") == "erasure-not-approved"

        own = await people.both.create(
            archive,
            {"erasure_id": str(new_id()), "case_id": case, "subject": matter.played.party, "ground": "retention-over"},
        )
        its = {"digest": (await people.both.get(own["href"]))["digest"]}
        assert await refused(people.both, own["href"], "approval", its) == "approver-is-requester"
        assert await refused(people.leader, own["href"], "approval", digest) == "approval-of-something-else"

        await people.leader.command(erasure, "approval", digest)
        await people.head.create(holds, {"case_id": case, "ground": "audit"})
        assert await refused(archivist, erasure, "execution") == "legal-hold-in-force"
        assert len((await people.leader.get(hold))["refusals"]) == 2
        text = await shown(people, matter)
        assert all(needle in text for needle in NEEDLES)
        await people.leader.command(hold, "release")

        await archivist.command(erasure, "execution")
        await archivist.until(erasure, lambda answer: answer["state"] == "completed")
        await people.head.create(holds, {"case_id": case, "ground": "too-late"})
        held = await people.leader.get(hold)
        assert (held["state"], [each["erasure_id"] for each in held["cleared"]]) == (
            "held",
            [erasure.rsplit("/", 1)[1]],
        )
        await archivist.command(erasure, "execution")
        text = await shown(people, matter)
        assert not [needle for needle in NEEDLES if needle in text]
        listed = await archivist.until(archive, lambda page: len(page["items"]) == 2)
        assert {item["state"] for item in listed["items"]} == {"completed", "requested"}


async def test_an_identity_stays_while_another_matter_needs_it(matter: Matter) -> None:
    site = matter.site
    async with site.open() as people:
        finding = {
            **{"kind": "finding", "jurisdiction": "331123", "found_by": "督查组", "found_on": "2022-04-20"},
            **{"situations": ["SC.4"], "act_on": "2022-04-18", "statement": "另一事项。"},
        }
        submission = str(new_id())
        await people.cast.inspector.put(f"/intake/v1/drafts/{submission}", finding | {"concerned": matter.played.party})
        await people.cast.inspector.create("/intake/v1/submissions", {"submission_id": submission})
        site.later = YEARS
        async with asyncio.timeout(30):
            while await site.collected(submission) == 0:
                await asyncio.sleep(0.1)
        assert await asked_for(people, matter) == "subject-in-other-matters"
        erasure = await request(people, matter, identity=False)
        await approve(people, erasure)
        await people.cast.archivist.command(erasure, "execution")
        done = await people.cast.archivist.until(erasure, lambda answer: answer["state"] == "completed")
        assert len(done["keys"]) == 1
        assert (await people.leader.get(f"/intake/v1/parties/{matter.played.party}"))["name"] == "钟某"
        assert (await people.cast.inspector.get(f"/intake/v1/submissions/{submission}"))["statement"] == "另一事项。"
