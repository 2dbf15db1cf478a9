"""What the operations on withdrawals, reports, unmaskings, erasures, legal holds and access records need."""

from typing import Any

from rongcuo.demo.client import Desk
from rongcuo.demo.story import JURISDICTION
from shared.authz.development import DEVELOPMENT_ISSUER
from shared.kernel.ids import new_id
from tests.fuzz.supply import GIVEN, Given, Supply, given, plain

_OFFICE = "331123-dic"


def _petitions(supply: Supply) -> Desk:
    return supply.cast.desk_for("petition_office", subject="petition-03", organisation=_OFFICE)


def _head(supply: Supply) -> Desk:
    return supply.cast.desk_for("dic_head", subject="head-01", organisation=_OFFICE)


def _secadmin(supply: Supply) -> Desk:
    return supply.cast.desk_for("secadmin", subject="security-01")


def _auditor(supply: Supply) -> Desk:
    return supply.cast.desk_for("auditor", subject="audit-01")


GIVEN |= {
    "list_access_records": plain(_auditor),
    "read_capabilities": plain(lambda supply: supply.cast.officer),
    "stream_events": plain(lambda supply: supply.cast.auditor),
    "list_withdrawals": plain(_secadmin),
    "list_withdrawals_changes": plain(_secadmin),
    "list_reports": plain(_petitions),
    "list_reports_changes": plain(_petitions),
    "list_unmaskings": plain(_head),
    "list_unmaskings_changes": plain(_head),
    "list_erasures": plain(lambda supply: supply.cast.archivist),
    "list_erasures_changes": plain(lambda supply: supply.cast.archivist),
}


@given("withdraw_access")
async def _somebody(supply: Supply) -> Given:
    return Given(_secadmin(supply), content={"issuer": DEVELOPMENT_ISSUER, "subject": f"left-{new_id()}"})


@given("read_withdrawal", "read_withdrawal_history", "end_withdrawal")
async def _a_withdrawal(supply: Supply) -> Given:
    gone = {"issuer": DEVELOPMENT_ISSUER, "subject": f"left-{new_id()}", "reason": "left-office"}
    made = (await _secadmin(supply).create("/intake/v1/withdrawals", gone))["id"]
    return Given(_secadmin(supply), {"withdrawal_id": made}, resource=f"/intake/v1/withdrawals/{made}")


@given("receive_report")
async def _a_new_report(supply: Supply) -> Given:
    return Given(_petitions(supply), content={"report_id": str(new_id()), "concerned": supply.cadre})


async def _received(supply: Supply) -> str:
    report = {
        "report_id": str(new_id()),
        "jurisdiction": JURISDICTION,
        "channel": "letter",
        "managed_by": JURISDICTION,
        "received_on": "2022-05-06",
        "concerned": supply.cadre,
        "content": "反映疏漏查码。",
        "reporter": {"name": "某庚", "phone": "00000000000"},
    }
    return str((await _petitions(supply).create("/intake/v1/reports", report))["id"])


@given("read_report", "read_report_history", "assign_report")
async def _a_report(supply: Supply) -> Given:
    report = await _received(supply)
    return Given(_petitions(supply), {"report_id": report}, {"office": _OFFICE}, f"/intake/v1/reports/{report}")


@given("record_report_recusal")
async def _a_report_of_somebodys_relative(supply: Supply) -> Given:
    report = await _received(supply)
    return Given(_head(supply), {"report_id": report}, {"person": "officer-31"}, f"/intake/v1/reports/{report}")


@given("request_unmasking")
async def _a_masked_report(supply: Supply) -> Given:
    return Given(_head(supply), content={"unmasking_id": str(new_id()), "report_id": await _received(supply)})


async def _asked(supply: Supply) -> tuple[str, Any]:
    asked = {"unmasking_id": str(new_id()), "report_id": await _received(supply), "fields": ["name"]}
    asked |= {"reason": "核实检举内容，需要与本人联系。"}
    made = (await _head(supply).create("/intake/v1/unmaskings", asked))["id"]
    resource = f"/intake/v1/unmaskings/{made}"
    return resource, (await _head(supply).get(resource))["digest"]


@given("read_unmasking", "read_unmasking_history", "approve_unmasking")
async def _an_unmasking(supply: Supply) -> Given:
    resource, digest = await _asked(supply)
    return Given(supply.cast.leader, _last(resource, "unmasking_id"), {"digest": digest}, resource)


@given("read_reporter_identity")
async def _an_open_identity(supply: Supply) -> Given:
    resource, digest = await _asked(supply)
    for subject in ("leader-01", "leader-02"):
        leader = supply.cast.desk_for("dic_leader", subject=subject, organisation=_OFFICE)
        await leader.command(resource, "approval", {"digest": digest})
    return Given(_head(supply), _last(resource, "unmasking_id"), once=False)


async def _shelved(supply: Supply) -> str:
    """Return a case whose volume is complete and is kept for a short time only."""
    case = await supply.dossier()
    volume = {"on": "2022-05-10", "pages": 36, "retention": "short"}
    await supply.cast.archivist.command(f"/archive/v1/dossiers/{case}", "volume", volume)
    return case


async def _erasing(supply: Supply) -> Any:
    case = await _shelved(supply)
    return {"erasure_id": str(new_id()), "case_id": case, "subject": supply.cadre, "identity": False}


@given("request_erasure")
async def _a_shelved_case(supply: Supply) -> Given:
    return Given(supply.cast.archivist, content=await _erasing(supply))


async def _erasure(supply: Supply, *approvers: str) -> tuple[str, str]:
    asked = await _erasing(supply) | {"ground": "retention-over"}
    made = (await supply.cast.archivist.create("/archive/v1/erasures", asked))["id"]
    resource = f"/archive/v1/erasures/{made}"
    digest = (await supply.cast.archivist.get(resource))["digest"]
    for subject in approvers:
        leader = supply.cast.desk_for("dic_leader", subject=subject, organisation=_OFFICE)
        await leader.command(resource, "approval", {"digest": digest})
    return resource, digest


@given("read_erasure", "read_erasure_history", "approve_erasure")
async def _an_erasure(supply: Supply) -> Given:
    resource, digest = await _erasure(supply)
    return Given(supply.cast.leader, _last(resource, "erasure_id"), {"digest": digest}, resource)


@given("execute_erasure")
async def _an_approved_erasure(supply: Supply) -> Given:
    resource, _ = await _erasure(supply, "leader-01", "leader-02")
    return Given(supply.cast.archivist, _last(resource, "erasure_id"), resource=resource)


@given("place_legal_hold")
async def _a_case_on_the_shelf(supply: Supply) -> Given:
    return Given(supply.cast.leader, content={"case_id": await supply.dossier()})


@given("read_legal_hold", "read_legal_hold_history", "release_legal_hold")
async def _a_hold(supply: Supply) -> Given:
    hold = {"case_id": await supply.dossier(), "ground": "inspection"}
    placed = await supply.cast.leader.create("/archive/v1/legal-holds", hold)
    return Given(_head(supply), {"matter": placed["id"]}, resource=f"/archive/v1/legal-holds/{placed['id']}")


def _last(resource: str, name: str) -> dict[str, str]:
    return {name: resource.rpartition("/")[2]}
