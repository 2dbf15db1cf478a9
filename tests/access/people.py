"""The parties of the world: a cadre, an applicant and his unit, a bystander, somebody of the city."""

from rongcuo.demo.client import Json
from shared.kernel.ids import new_id
from tests.access.callers import CITY, COUNTY
from tests.access.desks import Desks

PEOPLE = {
    "cadre": ("person", COUNTY, "某甲"),
    "applicant": ("person", COUNTY, "某乙"),
    "unit": ("unit", COUNTY, "某街道办事处"),
    "bystander": ("person", COUNTY, "某丙"),
    "citizen": ("person", CITY, "某丁"),
}
CONTACT = "手机尾号 0000"


async def register_people(desks: Desks) -> dict[str, str]:
    """Enter everybody; `newcomer` is the id of somebody who is not registered yet."""
    officer = desks.clerk()
    names = {name: str(new_id()) for name in [*PEOPLE, "newcomer"]}
    for name, (kind, jurisdiction, called) in PEOPLE.items():
        await officer.create("/intake/v1/parties", registration(names[name], jurisdiction, kind, called))
    return names


def registration(party: str, jurisdiction: str, kind: str = "person", name: str = "某戊") -> Json:
    """Return the body that enters a party."""
    return {"party_id": party, "kind": kind, "jurisdiction": jurisdiction, "name": name, "contact": CONTACT}
