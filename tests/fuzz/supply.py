"""For every operation a request that the services take: who calls, on what, with which content beside the example's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rongcuo.demo.client import Desk, Json
from rongcuo.demo.story import COMMITTEE, CONDITIONS, JURISDICTION, OFFICERS, Cast, accept, register, submit
from shared.kernel.ids import new_id
from tests.fuzz.site import much_later

DAY = "2022-05-06"
RESOURCES = {"case": "/adjudication/v1/tolerance-cases", "submission": "/intake/v1/submissions"}


@dataclass
class Given:
    """A caller and what it may call on: `path` fills the operation's path, `content` changes the example's members.

    `resource` is what a command's If-Match is read from; `once` says that a success uses the thing up.
    """

    desk: Desk
    path: Json = field(default_factory=dict)
    content: Json = field(default_factory=dict)
    resource: str | None = None
    once: bool = True


class Supply:
    """Makes what operations need, by the public APIs alone."""

    def __init__(self, cast: Cast, cadre: str, person: Desk, applicant: str) -> None:
        """Keep the cast, a cadre who is concerned, and a person with its desk who applies."""
        self.cast = cast
        self.cadre = cadre
        self.person = person
        self.applicant = applicant
        self.reader = cast.desk_for("subject", subject=f"person-{cadre}", party=cadre)
        self.auditor = cast.auditor

    @classmethod
    async def opened(cls, cast: Cast) -> "Supply":
        """Return a supply with its people registered."""
        applicant = await register(cast.officer, "某乙")
        person = cast.desk_for("applicant_person", subject=f"person-{applicant}", party=applicant)
        return cls(cast, await register(cast.inspector, "某甲"), person, applicant)

    async def give(self, operation: str) -> Given:
        """Return what `operation` needs; KeyError: nobody has said so yet, below."""
        return await GIVEN[operation](self)

    def finding(self) -> Json:
        """Return the draft of a finding about the cadre."""
        return {
            "kind": "finding",
            "jurisdiction": JURISDICTION,
            "found_by": "督查组",
            "found_on": "2022-04-20",
            "concerned": self.cadre,
            "situations": ["SC.4"],
            "act_on": "2022-04-18",
            "statement": "疏漏查码。",
        }

    async def applied(self) -> str:
        """Return an application of the person that was just submitted."""
        own = {"kind": "application", "applicant_kind": "person", "applicant": self.applicant}
        found = {"found_by": None, "found_on": None, "concerned": self.applicant}
        return await submit(self.person, self.finding() | own | found)

    async def case(self, *, until: str, draft: Json | None = None) -> str:
        """Return a fresh case in which everything before the step `until` has been done."""
        case = await accept(self.cast, await submit(self.cast.inspector, draft or self.finding()))
        resource = f"{RESOURCES['case']}/{case}"
        for step, (desk, content) in self.steps().items():
            if step == until:
                break
            if step == "conclusion":
                await self.cast.leader.command(resource, "access-grants", self.grant())
            await desk.command(resource, step, content)
        return case

    def steps(self) -> dict[str, tuple[Desk, Json]]:
        """Return the steps of a case in their order: who takes each, with what content."""
        officer = self.cast.officer
        record = {
            "record_id": str(new_id()),
            "kind": "site_visit",
            "on": DAY,
            "officers": OFFICERS,
            "note": "到现场核实。",
        }
        report: Json = {"facts": "属实。", "eligibility": "符合条件。", "situations": ["SC.4"], "exclusions": []}
        report |= {"conditions": dict.fromkeys(CONDITIONS, "met"), "signed_by": OFFICERS, "on": DAY}
        conclusion: Json = {
            "outcome": "exempt",
            "grounds": ["found_in_time"],
            "reasons": "及时发现。",
            "concluded_on": DAY,
        }
        conclusion |= {"decided_by": COMMITTEE, "legality_confirmed": True}
        return {
            "investigation": (officer, {"officers": OFFICERS, "opened_on": "2022-04-25"}),
            "investigation-records": (officer, record),
            "defence": (officer, {"on": DAY, "statement": "承认疏漏。", "waiver_signed": False, "heard_by": OFFICERS}),
            "report": (officer, report),
            "conclusion": (self.cast.committee, conclusion),
            "feedback": (officer, {"on": DAY, "explained": True}),
        }

    def grant(self) -> Json:
        """Return the content of a grant to the committee's first member."""
        member, role = COMMITTEE[0], "adjudication_committee"
        return {"grant_id": str(new_id()), "person": member, "role": role, "ends_at": in_days(30)}

    async def notice(self) -> str:
        """Return a notice to the cadre that nobody has acknowledged."""
        before = {item["id"] for item in (await self.reader.get("/notification/v1/inbox?limit=200"))["items"]}
        await self.case(until="nothing")

        def fresh(inbox: Json) -> list[str]:
            return [item["id"] for item in inbox["items"] if item["id"] not in before and item["state"] == "issued"]

        inbox = await self.reader.until("/notification/v1/inbox", lambda answer: bool(fresh(answer)))
        return fresh(inbox)[0]

    async def dossier(self) -> str:
        """Return a case whose dossier holds both papers."""
        case = await self.case(until="nothing")
        dossier = f"/archive/v1/dossiers/{case}"
        await self.cast.archivist.until(dossier, lambda answer: len(answer.get("papers", ())) >= 2)
        return case


GIVEN: dict[str, Callable[[Supply], Awaitable[Given]]] = {}
"""Who calls each operation, and on what; filled by the modules beside."""


def given(*operations: str) -> Callable[[Callable[[Supply], Awaitable[Given]]], Callable[[Supply], Awaitable[Given]]]:
    """Declare what these operations need."""

    def declare(make: Callable[[Supply], Awaitable[Given]]) -> Callable[[Supply], Awaitable[Given]]:
        GIVEN.update(dict.fromkeys(operations, make))
        return make

    return declare


def in_days(days: int) -> str:
    """Return an instant that lies so many days ahead."""
    return (much_later() + timedelta(days=days)).isoformat()


def plain(desk: Callable[[Supply], Desk], **path: Any) -> Callable[[Supply], Awaitable[Given]]:
    """Return a way to call something that needs nothing to be made."""

    async def make(supply: Supply) -> Given:
        return Given(desk(supply), path, once=False)

    return make
