"""What each operation needs; an operation that is not named here fails the campaign."""

from collections.abc import Awaitable, Callable

from rongcuo.demo.client import Desk
from rongcuo.demo.story import register, submit
from shared.kernel.ids import new_id
from tests.fuzz.supply import GIVEN, RESOURCES, Given, Supply, given, plain

_CASES, _SUBMISSIONS = RESOURCES["case"], RESOURCES["submission"]

GIVEN |= {
    "list_rule_packs": plain(lambda supply: supply.cast.officer),
    "read_rule_pack": plain(lambda supply: supply.cast.officer, jurisdiction="331123", in_force_from="2020-01-01"),
    "list_events": plain(lambda supply: supply.cast.auditor),
    "list_event_types": plain(lambda supply: supply.cast.officer),
    "list_sequence": plain(lambda supply: supply.cast.auditor),
    "list_submissions": plain(lambda supply: supply.cast.officer),
    "list_submissions_changes": plain(lambda supply: supply.cast.officer),
    "list_cases": plain(lambda supply: supply.cast.officer),
    "list_cases_changes": plain(lambda supply: supply.cast.officer),
    "list_dossiers": plain(lambda supply: supply.cast.archivist),
    "list_dossiers_changes": plain(lambda supply: supply.cast.archivist),
    "list_drafts": plain(lambda supply: supply.cast.inspector),
    "read_inbox": plain(lambda supply: supply.reader),
    "read_inbox_changes": plain(lambda supply: supply.reader),
}


@given("register_party")
async def _a_new_party(supply: Supply) -> Given:
    return Given(supply.cast.officer, content={"party_id": str(new_id())})


@given("read_party", "read_party_history")
async def _a_party(supply: Supply) -> Given:
    return Given(supply.cast.officer, {"party_id": await register(supply.cast.officer, "某丁")}, once=False)


@given("write_draft")
async def _a_new_draft(supply: Supply) -> Given:
    return Given(supply.cast.inspector, {"draft_id": str(new_id())}, {"concerned": supply.cadre})


@given("read_draft", "delete_draft", "submit")
async def _a_draft(supply: Supply) -> Given:
    draft = str(new_id())
    await supply.cast.inspector.put(f"/intake/v1/drafts/{draft}", supply.finding())
    return Given(supply.cast.inspector, {"draft_id": draft}, {"submission_id": draft})


@given("read_submission", "read_submission_history", "return_submission", "accept_submission")
async def _a_submission(supply: Supply) -> Given:
    submission = await submit(supply.cast.inspector, supply.finding())
    return Given(supply.cast.officer, {"submission_id": submission}, resource=f"{_SUBMISSIONS}/{submission}")


@given("record_submission_recusal")
async def _a_submission_of_somebodys_relative(supply: Supply) -> Given:
    submission = await submit(supply.cast.inspector, supply.finding())
    path, person = {"submission_id": submission}, {"person": "officer-31"}
    return Given(supply.cast.leader, path, person, f"{_SUBMISSIONS}/{submission}")


@given("disclose_submission")
async def _a_statement(supply: Supply) -> Given:
    submission = await submit(supply.cast.inspector, supply.finding())
    path = {"submission_id": submission, "version": 1, "field": "statement"}
    return Given(supply.cast.leader, path, once=False)


@given("disclose_case")
async def _the_facts_of_a_report(supply: Supply) -> Given:
    made = await _case("conclusion", _leader)(supply)
    version = (await _leader(supply).get(made.resource or ""))["version"]
    made.path |= {"version": version, "field": "facts"}
    return made


@given("withdraw_submission")
async def _an_application(supply: Supply) -> Given:
    submission = await supply.applied()
    return Given(supply.person, {"submission_id": submission}, resource=f"{_SUBMISSIONS}/{submission}")


@given("supplement_submission")
async def _a_returned_application(supply: Supply) -> Given:
    submission = await supply.applied()
    resource = f"{_SUBMISSIONS}/{submission}"
    await supply.cast.officer.command(resource, "return", {"missing": "请补充会议记录。"})
    return Given(supply.person, {"submission_id": submission}, resource=resource)


def _case(step: str, desk: Callable[[Supply], Desk], **content: object) -> Callable[[Supply], Awaitable[Given]]:
    async def make(supply: Supply) -> Given:
        case = await supply.case(until=step)
        return Given(desk(supply), {"case_id": case}, dict(content), f"{_CASES}/{case}")

    return make


def _officer(supply: Supply) -> Desk:
    return supply.cast.officer


def _leader(supply: Supply) -> Desk:
    return supply.cast.leader


GIVEN |= {
    "read_case": _case("conclusion", _officer),
    "read_case_history": _case("defence", _officer),
    "open_investigation": _case("investigation", _officer),
    "hear_defence": _case("defence", _officer),
    "file_report": _case("report", _officer),
    "give_feedback": _case("feedback", _officer),
    "assign_office": _case("investigation", _leader),
    "record_recusal": _case("investigation", _leader, person="officer-31"),
}


@given("grant_access")
async def _somebody_to_let_in(supply: Supply) -> Given:
    made = await _case("investigation", _leader)(supply)
    made.content = supply.grant()
    return made


@given("record_investigation")
async def _an_investigation(supply: Supply) -> Given:
    made = await _case("investigation-records", _officer)(supply)
    made.content = {"record_id": str(new_id())}
    return made


@given("conclude")
async def _a_report(supply: Supply) -> Given:
    made = await _case("conclusion", lambda each: each.cast.committee)(supply)
    await _leader(supply).command(made.resource or "", "access-grants", supply.grant())
    return made


@given("recognise_situation")
async def _a_report_with_the_open_class(supply: Supply) -> Given:
    draft = supply.finding() | {"situations": ["SC.X"], "other_situation": "与所列情形相当。"}
    made = Given(supply.cast.committee)
    case = await supply.case(until="report", draft=draft)
    made.path, made.resource = {"case_id": case}, f"{_CASES}/{case}"
    report = supply.steps()["report"][1] | {"situations": ["SC.X"]}
    await supply.cast.officer.command(made.resource, "report", report)
    await _leader(supply).command(made.resource, "access-grants", supply.grant())
    return made


@given("end_access")
async def _a_grant(supply: Supply) -> Given:
    made = await _case("investigation", _leader)(supply)
    grant = supply.grant()
    await _leader(supply).command(made.resource or "", "access-grants", grant)
    made.path["grant_id"] = grant["grant_id"]
    return made


@given("read_notice", "read_notice_history")
async def _a_notice(supply: Supply) -> Given:
    return Given(supply.reader, {"notice_id": await supply.notice()}, once=False)


@given("acknowledge_notice")
async def _a_notice_to_sign(supply: Supply) -> Given:
    notice = await supply.notice()
    return Given(supply.reader, {"notice_id": notice}, resource=f"/notification/v1/notices/{notice}")


@given("read_dossier", "read_dossier_history", "complete_volume")
async def _a_dossier(supply: Supply) -> Given:
    case = await supply.dossier()
    return Given(supply.cast.archivist, {"case_id": case}, resource=f"/archive/v1/dossiers/{case}")
