"""Commands: idempotency, If-Match, visibility and dry run, over a real log."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.facts import Facts
from shared.authz.tokens import TokenVerifier
from shared.eventstore.append import Append, Stored
from shared.eventstore.store import EventStore
from shared.kernel.errors import Rejected
from shared.kernel.ids import new_id
from shared.web.commands import Call
from tests.web import petitions
from tests.web.conftest import As

FILE = "/intake/v1/petitions"
FILING = {"title": "关于某项目的申请"}
REASONS = {"reasons": "材料齐全"}


async def test_a_created_thing_is_answered_with_its_place_and_version(client: httpx.AsyncClient, command: As) -> None:
    answer = await client.post(FILE, json=FILING, headers=command())
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"v1"'
    assert answer.headers["location"] == f"{FILE}/{body['id']}" == body["href"]
    assert answer.headers["rongcuo-read-after"]
    assert body == {"id": body["id"], "state": "filed", "version": 1, "href": body["href"]}
    assert "idempotent-replayed" not in answer.headers


async def test_a_repeated_request_gets_the_first_answer(client: httpx.AsyncClient, command: As) -> None:
    headers = command()
    first = await client.post(FILE, json=FILING, headers=headers)
    again = await client.post(FILE, json=FILING, headers=headers)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("location", "etag", "rongcuo-read-after"):
        assert again.headers[name] == first.headers[name]


async def test_the_first_answer_stays_although_the_petition_has_moved_on(
    client: httpx.AsyncClient, command: As, petition: str
) -> None:
    headers = command(match=1)
    first = await client.post(f"{petition}/remarks", json=REASONS, headers=headers)
    assert (await client.post(f"{petition}/acceptance", json=REASONS, headers=command(match=2))).status_code == 200
    again = await client.post(f"{petition}/remarks", json=REASONS, headers=headers)
    assert again.json() == first.json() | {"state": "filed"}
    assert again.headers["etag"] == '"v2"'


async def test_a_key_with_another_body_or_query_is_refused(client: httpx.AsyncClient, command: As) -> None:
    headers = command()
    await client.post(FILE, json=FILING, headers=headers)
    for answer in (
        await client.post(FILE, json={"title": "另一申请"}, headers=headers),
        await client.post(FILE + "?dry_run=false", json=FILING, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_key_belongs_to_one_caller_and_one_path(
    client: httpx.AsyncClient, command: As, as_: As, petition: str
) -> None:
    headers = command(match=1)
    mine = await client.post(f"{petition}/remarks", json=REASONS, headers=headers)
    unmatched = {name: value for name, value in headers.items() if name != "If-Match"}
    theirs = await client.post(FILE, json=FILING, headers={**unmatched, **as_(subject="o-2")})
    elsewhere = await client.post(f"{petition}/acceptance", json=REASONS, headers={**headers, "If-Match": '"v2"'})
    assert [mine.status_code, theirs.status_code, elsewhere.status_code] == [200, 201, 200]


async def test_twins_at_the_same_time_write_once_and_get_one_answer(
    client: httpx.AsyncClient, command: As, petition: str, store: EventStore
) -> None:
    headers = command(match=1)
    before = await store.log.head()
    answers = await asyncio.gather(
        *(client.post(f"{petition}/acceptance", json=REASONS, headers=headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert await store.log.head() == before + 1


async def test_creating_twins_create_one_thing(client: httpx.AsyncClient, command: As, store: EventStore) -> None:
    headers = command()
    before = await store.log.head()
    answers = await asyncio.gather(*(client.post(FILE, json=FILING, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await store.log.head() == before + 1


async def test_a_twin_with_another_body_is_refused_even_at_the_same_time(
    client: httpx.AsyncClient, command: As
) -> None:
    headers = command()
    bodies = [{"title": f"申请 {number}"} for number in range(4)]
    answers = await asyncio.gather(*(client.post(FILE, json=body, headers=headers) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


async def test_a_key_must_be_there_and_printable_and_short(client: httpx.AsyncClient, command: As, as_: As) -> None:
    for headers, code in (
        (as_(), "idempotency-key-missing"),
        (command(key="k" * 256), "idempotency-key-invalid"),
        (command(key="tab\there"), "idempotency-key-invalid"),
        ([*command().items(), ("Idempotency-Key", "second")], "idempotency-key-invalid"),
    ):
        answer = await client.post(FILE, json=FILING, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_command_without_if_match_is_refused(client: httpx.AsyncClient, command: As, petition: str) -> None:
    answer = await client.post(f"{petition}/acceptance", json=REASONS, headers=command())
    assert (answer.status_code, answer.json()["code"]) == (428, "if-match-missing")


async def test_an_unreadable_if_match_is_refused(client: httpx.AsyncClient, command: As, petition: str) -> None:
    for tag in ("*", "v1", '"1"', '"v01"', '"v1", "v2"', '"v9999999999999999999"'):
        answer = await client.post(f"{petition}/acceptance", json=REASONS, headers={**command(), "If-Match": tag})
        assert (answer.status_code, answer.json()["code"]) == (400, "if-match-invalid"), tag


async def test_a_stale_if_match_tells_what_happened_since(
    client: httpx.AsyncClient, command: As, petition: str
) -> None:
    await client.post(f"{petition}/remarks", json=REASONS, headers=command(match=1))
    answer = await client.post(f"{petition}/acceptance", json=REASONS, headers=command(match=1))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (412, "etag-stale")
    assert answer.headers["etag"] == '"v2"'
    assert problem["current_version"] == 2
    assert [(item["version"], item["type"]) for item in problem["since"]] == [(2, "RemarkAdded")]
    assert REASONS["reasons"] not in answer.text


async def test_of_two_callers_who_read_the_same_only_one_writes(
    client: httpx.AsyncClient, command: As, petition: str
) -> None:
    answers = await asyncio.gather(
        *(client.post(f"{petition}/remarks", json=REASONS, headers=command(match=1)) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_not_visible_and_not_existing_look_the_same(
    client: httpx.AsyncClient, command: As, petition: str
) -> None:
    stranger = await client.post(
        f"{petition}/acceptance", json=REASONS, headers=command(match=1, jurisdictions=["110000"])
    )
    missing = await client.post(f"{FILE}/{new_id()}/acceptance", json=REASONS, headers=command(match=1))
    bodies = [{**answer.json(), "trace_id": ""} for answer in (stranger, missing)]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "not-found"


async def test_a_role_that_may_never_do_it_gets_403_whatever_the_object(
    client: httpx.AsyncClient, command: As, petition: str
) -> None:
    for path in (f"{petition}/acceptance", f"{FILE}/{new_id()}/acceptance"):
        answer = await client.post(path, content=b"{", headers=command(roles=["applicant_person"]))
        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-permitted")


async def test_a_rejection_carries_code_detail_and_reference(
    client: httpx.AsyncClient, command: As, petition: str
) -> None:
    await client.post(f"{petition}/acceptance", json=REASONS, headers=command(match=1))
    answer = await client.post(f"{petition}/acceptance", json=REASONS, headers=command(match=2))
    problem = answer.json()
    assert answer.status_code == 409
    assert problem["code"] == "case-already-concluded"
    assert problem["type"] == "/problems/case-already-concluded"
    assert problem["reference"] == "R11 art 43"
    assert problem["detail"] == "该申请已受理，不能再次受理。"


async def test_a_dry_run_answers_the_events_and_writes_nothing(
    client: httpx.AsyncClient, command: As, petition: str, store: EventStore
) -> None:
    before = await store.log.head()
    headers = command(match=1)
    answer = await client.post(f"{petition}/acceptance?dry_run=true", json=REASONS, headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True,
        "state": "accepted",
        "version": 2,
        "events": [{"type": "PetitionAccepted", "schema_version": 1, "leads_to": "accepted"}],
    }
    assert await store.log.head() == before
    assert (await client.post(f"{petition}/acceptance", json=REASONS, headers=headers)).json()["version"] == 2


async def test_nothing_is_built_or_sealed_for_a_command_that_is_refused_before(
    client: httpx.AsyncClient, command: As, petition: str, made: list[str]
) -> None:
    marked = {"reasons": f"only once {new_id()}"}
    headers = command(match=1)
    for other in (command(), command(match=9), command(match=1, jurisdictions=["110000"])):
        await client.post(f"{petition}/acceptance", json=marked, headers=other)
    await client.post(f"{petition}/acceptance", json=marked, headers=headers)
    await client.post(f"{petition}/acceptance", json=marked, headers=headers)
    assert made.count(marked["reasons"]) == 1


async def test_what_is_kept_of_a_request_tells_nothing_about_it(
    client: httpx.AsyncClient, command: As, store: EventStore
) -> None:
    headers = command(key="13900001234-sun")
    filed = await client.post(FILE, json=FILING, headers=headers)
    assert (await client.post(FILE, json=FILING, headers=headers)).headers["idempotent-replayed"] == "true"
    query = "SELECT * FROM log.idempotency WHERE stream = $1"
    [row] = await store.log.pool.fetch(query, f"petition-{filed.json()['id']}")
    assert (len(row["digest"]), len(row["scope"]), len(row["key"])) == (32, 64, 64)
    for sent in ("o-1", "13900001234", "sun", FILING["title"]):
        assert sent not in str(dict(row)), sent


async def test_metadata_names_the_actor_the_trace_and_the_purpose(
    client: httpx.AsyncClient, command: As, store: EventStore
) -> None:
    trace, parent = str(new_id()), f"00-{'a' * 32}-{'b' * 16}-01"
    marks = {"X-Request-Id": trace, "traceparent": parent, "Rongcuo-Purpose": "case_handling"}
    answer = await client.post(FILE, json=FILING, headers={**command(), **marks})
    stored = (await store.log.read_stream(f"petition-{answer.json()['id']}"))[0].metadata.decode()
    assert f'"correlation":"{trace}"' in stored
    assert f'"traceparent":"{parent}"' in stored
    assert '"purpose":"case_handling"' in stored
    assert '"id":"o-1"' in stored


async def test_an_answer_that_takes_too_long_is_503_and_the_retry_gets_what_was_written(
    client: httpx.AsyncClient, command: As, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended: list[Stored] = []
    append = store.appender.append

    async def late(one: Append, *, wait: bool = False) -> Stored:
        appended.append(await append(one, wait=wait))
        never: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        return await never

    headers = command()
    with monkeypatch.context() as slow:
        slow.setattr(store.appender, "append", late)
        slow.setattr("shared.web.desk.ANSWER_WITHIN_S", 0.2)
        answer = await client.post(FILE, json=FILING, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "log-unavailable")
    again = await client.post(FILE, json=FILING, headers=headers)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert len(appended) == 1


async def test_a_caller_that_goes_away_cancels_nothing(
    client: httpx.AsyncClient, command: As, store: EventStore
) -> None:
    headers = command()
    going = asyncio.ensure_future(client.post(FILE, json=FILING, headers=headers))
    while not going.done() and not store.appender._queue:
        await asyncio.sleep(0)
    going.cancel()
    await asyncio.wait([going])
    again = await client.post(FILE, json=FILING, headers=headers)
    assert again.status_code == 201
    assert len(await store.log.read_stream(f"petition-{again.json()['id']}")) == 1


async def test_a_twin_that_finds_its_draft_used_up_gets_the_first_answer(store: EventStore) -> None:
    made = petitions.service(store, TokenVerifier({}))
    async with made.resources() as held:
        assert isinstance(held.application, petitions.Petitions)
        desk = held.application.desk
    caller = Caller("issuer", "o-1", frozenset({"handling_office"}), None, ("331123",), None)
    access = Access(caller, "register_party", new_id())
    call = Call(access, str(new_id()), "POST", FILE, "scope", b"digest", None, False, None)
    first, file = new_id(), petitions.FilePetition(new_id(), "331123", "申请")

    def new(made: petitions.FilePetition) -> Facts:
        return petitions.facts(caller, made.jurisdiction)

    async def too_late(_: petitions.Petition) -> object:
        await desk.execute(call, first, file, creates=new)
        raise Rejected("draft-unknown", "没有这份草稿。")

    answer = await desk.execute(call, new_id(), too_late, creates=new)
    assert answer.headers["idempotent-replayed"] == "true"
    assert answer.headers["location"] == f"{FILE}/{first}"
    with pytest.raises(Rejected):
        await desk.execute(replace(call, dry_run=True), first, too_late, creates=new)
