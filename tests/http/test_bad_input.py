"""Whatever is wrong with a request: it is answered with a problem document, and nothing has changed."""

import json
from typing import Any

import httpx
import pytest

from tests.http.requests import ECHO, Bad, assert_refused, send
from tests.http.world import ELSEWHERE, FINDING, USED_KEY, World

PUT = "PUT /intake/v1/drafts/{new}"
SUBMIT = "POST /intake/v1/submissions"
PARTIES = "POST /intake/v1/parties"
LIST = "GET /intake/v1/submissions"
ACCEPT = "POST /intake/v1/submissions/{submitted}/acceptance"
CASE = "/adjudication/v1/tolerance-cases/{case}"
INVESTIGATE = f"POST {CASE}/investigation"
LIMIT = 1024 * 1024
DRAFT = FINDING | {"concerned": "{cadre}", "statement": ECHO}
OFFICERS = {"officers": ["officer-17", "officer-23"], "opened_on": "2022-04-25"}
REPORT = {
    **{"on": "2022-04-25", "facts": ECHO, "eligibility": ECHO, "situations": ["SC.4"], "exclusions": []},
    **{"conditions": {"selfless": "met"}, "signed_by": ["officer-17"]},
}
CONCLUSION = {
    **{"outcome": "exempt", "grounds": ["found_in_time"], "reasons": ECHO, "decided_by": ["member-01", "member-02"]},
    **{"legality_confirmed": True, "concluded_on": "2022-05-06"},
}
BEYOND = "9999-12-31T23:59:59-23:59"
BEFORE = "0001-01-01T00:00:00%2B00:01"
RECORDS = "GET /intake/v1/access-records"


def draft(**changes: Any) -> dict[str, Any]:
    return DRAFT | changes


def party(**changes: Any) -> dict[str, Any]:
    return {"party_id": "{new}", "kind": "person", "jurisdiction": "331123", "name": ECHO} | changes


def raw(**replaced: str) -> bytes:
    """Return the draft as bytes, after one text in it was replaced."""
    text = json.dumps(DRAFT)
    for old, new in replaced.items():
        text = text.replace(f'"{old}"', new)
    return text.encode()


def by_inspector(status: int, code: str, body: Any, **rest: Any) -> Bad:
    return Bad(status, code, PUT, body, who="inspector", **rest)


NOT_JSON = {
    "cut short": by_inspector(400, "json-malformed", raw()[:-1]),
    "member twice": by_inspector(400, "json-malformed", raw(kind='"kind": "finding", "kind"')),
    "NaN": by_inspector(400, "json-malformed", raw(finding="NaN")),
    "lone surrogate": by_inspector(400, "json-malformed", raw(finding=r'"\ud800echo"')),
    "lone surrogate in a name": by_inspector(400, "json-malformed", raw(kind=r'"\udfffecho"')),
    "byte order mark": by_inspector(400, "json-malformed", b"\xef\xbb\xbf" + raw()),
    "UTF-16": by_inspector(400, "json-malformed", raw().decode().encode("utf-16")),
    "not UTF-8": by_inspector(400, "json-malformed", b'{"kind": "\xff"}'),
    "too deep": by_inspector(400, "json-malformed", b"[" * 33 + b"]" * 33),
    "far too deep": by_inspector(400, "json-malformed", b"[" * 200_000),
    "nothing": by_inspector(400, "json-malformed", b" "),
    "a form": by_inspector(415, "content-type-unsupported", b"a=echo", headers={"Content-Type": "text/plain"}),
    "no content type": by_inspector(415, "content-type-unsupported", raw(), headers={"Content-Type": None}),
    "too large": by_inspector(413, "body-too-large", b" " * (LIMIT + 1)),
    "too large in chunks": by_inspector(413, "body-too-large", b" " * (LIMIT + 1), chunked=True),
    "too large a command": Bad(413, "body-too-large", PARTIES, b" " * (LIMIT + 1), chunked=True),
}
WRONG_CONTENT = {
    "a list": by_inspector(422, "content-invalid", [ECHO]),
    "number for a text": by_inspector(422, "content-invalid", draft(found_by=5)),
    "text for an id": by_inspector(422, "content-invalid", draft(concerned=ECHO)),
    "text for a list": by_inspector(422, "content-invalid", draft(situations=ECHO)),
    "no such day": by_inspector(422, "content-invalid", draft(act_on="2023-02-30")),
    "unknown member": by_inspector(422, "content-invalid", draft(surname=ECHO)),
    "member missing": by_inspector(422, "content-invalid", {"kind": "finding"}),
    "no such kind": by_inspector(422, "content-invalid", draft(kind=ECHO)),
    "blank": by_inspector(422, "content-invalid", draft(statement=" \n\t")),
    "two lines in one": by_inspector(422, "content-invalid", draft(found_by="督查组\necho")),
    "too long": by_inspector(422, "text-too-long", draft(statement="字" * 20_000 + "。")),
    "name too long": Bad(422, "text-too-long", PARTIES, party(name="某" * 201)),
    "NUL": by_inspector(422, "character-forbidden", draft(statement=f"{ECHO}\0")),
    "turned text": by_inspector(422, "character-forbidden", draft(statement=f"{ECHO}\u202e")),
    "NUL in a name": Bad(422, "character-forbidden", PARTIES, party(name="某\0echo")),
    "empty code": by_inspector(422, "content-invalid", draft(situations=[""])),
    "code with a space": by_inspector(422, "content-invalid", draft(situations=["SC echo"])),
    "no situation": by_inspector(422, "content-invalid", draft(situations=[])),
    "code of five digits": Bad(422, "content-invalid", PARTIES, party(jurisdiction="33112")),
    "code in wide digits": Bad(422, "content-invalid", PARTIES, party(jurisdiction="３３１１２３")),
    "access beyond the years": Bad(
        422,
        "content-invalid",
        f"POST {CASE}/access-grants",
        {"grant_id": "{new}", "person": "echo", "role": "trial_office", "ends_at": "9999-12-31T23:59:59-00:01"},
        who="head",
    ),
    "yes for true": Bad(422, "content-invalid", f"POST {CASE}/feedback", {"on": "2022-05-06", "explained": ECHO}),
}
WHO_AND_WHERE = {
    "no token": Bad(401, "token-missing", LIST, who=""),
    "garbage": Bad(401, "token-invalid", LIST, who="garbage"),
    "forged": Bad(401, "token-invalid", ACCEPT, {}, who="forged"),
    "expired": Bad(401, "token-expired", ACCEPT, {}, who="expired"),
    "no token, bad body": Bad(401, "token-missing", PARTIES, b"{echo", who=""),
    "auditor accepts": Bad(403, "role-not-permitted", ACCEPT, {}, who="auditor"),
    "officer concludes": Bad(403, "role-not-permitted", f"POST {CASE}/conclusion", CONCLUSION),
    "officer reads the feed": Bad(403, "role-not-permitted", "GET /intake/v1/events"),
    "officer of elsewhere accepts": Bad(404, "not-found", ACCEPT, {}, who="elsewhere"),
    "officer of elsewhere reads": Bad(404, "not-found", f"GET {CASE}", who="elsewhere"),
    "party of elsewhere": Bad(403, "jurisdiction-not-permitted", PARTIES, party(jurisdiction=ELSEWHERE)),
    "draft of elsewhere": by_inspector(403, "jurisdiction-not-permitted", draft(jurisdiction=ELSEWHERE)),
    "somebody else's draft": Bad(404, "not-found", "GET /intake/v1/drafts/{draft}", who="stranger"),
    "somebody else's submission": Bad(404, "not-found", "GET /intake/v1/submissions/{withdrawn}", who="stranger"),
    "for somebody else": Bad(403, "party-not-yourself", PARTIES, party(), who="stranger"),
    "finding by a person": Bad(403, "kind-not-permitted", PUT, draft(), who="person"),
    "id of nothing": Bad(404, "not-found", "GET /intake/v1/submissions/{new}"),
    "no id": Bad(404, "not-found", "GET /intake/v1/submissions/echo"),
    "no such path": Bad(404, "not-found", "GET /intake/v1/echo"),
    "no such service": Bad(404, "not-found", "GET /echo"),
    "wrong method": Bad(405, "method-not-allowed", "DELETE /intake/v1/submissions"),
}
HEADERS_AND_QUERY = {
    "no If-Match": Bad(428, "if-match-missing", ACCEPT, {}, headers={"If-Match": None}),
    "If-Match without a version": Bad(400, "if-match-invalid", ACCEPT, {}, headers={"If-Match": '"echo"'}),
    "If-Match of later": Bad(412, "etag-stale", ACCEPT, {}, headers={"If-Match": '"v99"'}),
    "no key": Bad(400, "idempotency-key-missing", PARTIES, party(), headers={"Idempotency-Key": None}),
    "empty key": Bad(400, "idempotency-key-invalid", PARTIES, party(), headers={"Idempotency-Key": ""}),
    "long key": Bad(400, "idempotency-key-invalid", PARTIES, party(), headers={"Idempotency-Key": "k" * 256}),
    "used key": Bad(422, "idempotency-key-reused", PARTIES, party(), headers={"Idempotency-Key": USED_KEY}),
    "purpose": Bad(400, "header-invalid", ACCEPT, {}, headers={"Rongcuo-Purpose": "echo echo"}),
    "purpose with a person": Bad(400, "header-invalid", LIST, headers={"Rongcuo-Purpose": "zhang-san-13800000000"}),
    "purpose of no list": Bad(400, "header-invalid", LIST, headers={"Rongcuo-Purpose": "echo"}),
    "read-after": Bad(400, "read-after-invalid", LIST, headers={"Rongcuo-Read-After": "echo"}),
    "unknown parameter": Bad(400, "query-parameter-unknown", f"{LIST}?echo=1"),
    "unknown parameter of a command": Bad(400, "query-parameter-unknown", f"{ACCEPT}?echo=1", {}),
    "parameter twice": Bad(400, "query-parameter-repeated", f"{LIST}?limit=1&limit=2"),
    "limit of nothing": Bad(400, "query-parameter-invalid", f"{LIST}?limit=0"),
    "dry run or not": Bad(400, "query-parameter-invalid", f"{ACCEPT}?dry_run=echo", {}),
    "two moments": Bad(400, "query-parameters-exclusive", f"GET {CASE}?at_version=1&as_of=2022-01-01T00:00:00Z"),
    "moment without a zone": Bad(400, "query-parameter-invalid", f"GET {CASE}?as_of=2022-01-01T00:00:00"),
    "moment beyond the years": Bad(400, "query-parameter-invalid", f"GET {CASE}?as_of={BEYOND}"),
    "records from beyond": Bad(400, "query-parameter-invalid", f"{RECORDS}?recorded_from={BEYOND}", who="controller"),
    "records before the years": Bad(
        400, "query-parameter-invalid", f"{RECORDS}?recorded_before={BEFORE}", who="controller"
    ),
    "version not reached": Bad(404, "not-found", f"GET {CASE}?at_version=99"),
    "cursor": Bad(400, "cursor-invalid", f"{LIST}?cursor=echo"),
    "NUL in a parameter": Bad(400, "query-parameter-invalid", f"{LIST}?state=echo%00"),
}
RULES_AND_STATES = {
    "the unpublished SC.8": Bad(422, "situation-unpublished", SUBMIT, {"submission_id": "{draft_sc8}"}, "inspector"),
    "unknown situation": Bad(422, "code-not-in-rules", SUBMIT, {"submission_id": "{draft_stranger}"}, "inspector"),
    "X without text": Bad(422, "situation-x-needs-text", SUBMIT, {"submission_id": "{draft_open_class}"}, "inspector"),
    "act in the future": Bad(422, "date-in-future", SUBMIT, {"submission_id": "{draft_future}"}, "inspector"),
    "before the rules": Bad(
        422, "jurisdiction-without-rules", SUBMIT, {"submission_id": "{draft_before_rules}"}, "inspector"
    ),
    "no rules there": Bad(
        422, "jurisdiction-without-rules", SUBMIT, {"submission_id": "{draft_elsewhere}"}, "elsewhere"
    ),
    "found before": Bad(422, "date-out-of-order", SUBMIT, {"submission_id": "{draft_found_before}"}, "inspector"),
    "no finder": Bad(422, "finding-incomplete", SUBMIT, {"submission_id": "{draft_without_finder}"}, "inspector"),
    "no such draft": Bad(422, "draft-unknown", SUBMIT, {"submission_id": "{new}"}, "inspector"),
    "somebody else's": Bad(422, "draft-unknown", SUBMIT, {"submission_id": "{draft}"}, "person"),
    "draft of what is submitted": Bad(
        409, "draft-already-submitted", "PUT /intake/v1/drafts/{submitted}", draft(), "inspector"
    ),
    "draft of somebody's submission": Bad(
        409, "draft-id-taken", "PUT /intake/v1/drafts/{submitted}", draft(), "other_team"
    ),
    "draft of somebody's draft": Bad(409, "draft-id-taken", "PUT /intake/v1/drafts/{draft}", draft(), "other_team"),
    "somebody's submission": Bad(422, "draft-unknown", SUBMIT, {"submission_id": "{submitted}"}, "other_team"),
    "his own submission": Bad(
        409, "submission-already-submitted", SUBMIT, {"submission_id": "{submitted}"}, "inspector"
    ),
    "party of elsewhere again": Bad(
        409, "id-taken", PARTIES, party(party_id="{cadre}", jurisdiction=ELSEWHERE), "elsewhere"
    ),
    "about somebody of elsewhere": Bad(422, "party-unknown", SUBMIT, {"submission_id": "{draft_abroad}"}, "elsewhere"),
    "party again": Bad(409, "party-already-registered", PARTIES, party(party_id="{cadre}")),
    "supplement to what was withdrawn": Bad(
        409,
        "submission-withdrawn",
        "POST /intake/v1/submissions/{withdrawn}/supplement",
        {"statement": ECHO, "situations": ["SC.4"]},
        "person",
    ),
    "supplement not asked for": Bad(
        409,
        "submission-not-returned",
        "POST /intake/v1/submissions/{submitted}/supplement",
        {"statement": ECHO, "situations": ["SC.4"]},
        "inspector",
    ),
    "accepted again": Bad(409, "submission-already-accepted", "POST /intake/v1/submissions/{accepted}/acceptance", {}),
    "returned after acceptance": Bad(
        409, "submission-already-accepted", "POST /intake/v1/submissions/{accepted}/return", {"missing": ECHO}
    ),
    "finding withdrawn": Bad(
        409, "finding-cannot-be-withdrawn", "POST /intake/v1/submissions/{submitted}/withdrawal", {}, "inspector"
    ),
    "one officer": Bad(422, "two-officers-needed", INVESTIGATE, OFFICERS | {"officers": ["officer-17"]}),
    "investigation in the future": Bad(422, "date-in-future", INVESTIGATE, OFFICERS | {"opened_on": "2999-01-01"}),
    "report before the defence": Bad(409, "investigation-not-open", f"POST {CASE}/report", REPORT),
    "conclusion before the report": Bad(409, "report-not-filed", f"POST {CASE}/conclusion", CONCLUSION, "committee"),
    "feedback before": Bad(409, "case-not-concluded", f"POST {CASE}/feedback", {"on": "2022-05-06", "explained": True}),
    "dossier of nothing": Bad(404, "not-found", "GET /archive/v1/dossiers/{case}", who="archivist"),
}
TABLE = {**NOT_JSON, **WRONG_CONTENT, **WHO_AND_WHERE, **HEADERS_AND_QUERY, **RULES_AND_STATES}


@pytest.mark.parametrize("bad", TABLE.values(), ids=TABLE.keys())
async def test_it_is_refused_and_nothing_has_changed(world: World, bad: Bad) -> None:
    before = await world.state()
    answer = await send(world, bad)
    await assert_refused(world, answer, bad)
    assert await world.state() == before


async def test_a_path_that_is_none_is_answered_like_any_other_that_is_not_there(world: World) -> None:
    transport = world.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "OPTIONS",
        "path": "*",
        "raw_path": b"*",
        "root_path": "",
        "server": None,
    }
    scope |= {"scheme": "http", "query_string": b"", "headers": [], "http_version": "1.1", "client": None}
    await transport.app(scope, receive, send)
    assert sent[0]["status"] == 404
    assert b"x-request-id" in dict(sent[0]["headers"])
    assert json.loads(sent[1]["body"])["code"] == "not-found"


async def test_a_stale_etag_tells_what_has_happened_since(world: World) -> None:
    request = "POST /intake/v1/submissions/{withdrawn}/return"
    stale = Bad(412, "etag-stale", request, {"missing": ECHO}, headers={"If-Match": '"v1"'})
    before = await world.state()
    answer = await send(world, stale)
    problem = await assert_refused(world, answer, stale)
    assert answer.headers["etag"] == '"v2"'
    assert problem["current_version"] == 2
    assert [(event["version"], event["type"]) for event in problem["since"]] == [(2, "SubmissionWithdrawn")]
    assert await world.state() == before
