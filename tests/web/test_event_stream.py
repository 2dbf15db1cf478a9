"""The feed as server-sent events: the stored bytes, from where the listener stands, as long as he may listen."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from starlette.requests import Request

from shared.authz.caller import Caller
from shared.authz.development import DEVELOPMENT_ISSUER, DevelopmentIssuer
from shared.authz.tokens import TokenVerifier
from shared.eventstore.store import EventStore
from shared.web import event_stream
from shared.web.app import create_app
from shared.web.event_stream import _events
from shared.web.resources import Resources
from tests.web.conftest import As, running
from tests.web.petitions import service

STREAM = "/intake/v1/events/stream"
AUDITOR = Caller(DEVELOPMENT_ISSUER, "a-1", frozenset({"auditor"}), None, ("331123",), None)


@pytest.fixture
async def client(store: EventStore, verifier: TokenVerifier) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose streams end soon."""
    made = service(store, verifier)

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with made.resources() as held:
            yield replace(held, stream_s=0.3)

    async with running(create_app(replace(made, resources=resources))) as open_client:
        yield open_client


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LOOK_S", 0.01)
    monkeypatch.setattr(event_stream, "KEEP_ALIVE_S", 0.05)


def told(text: str) -> list[dict[str, str]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event:")]
    return [dict(line.split(": ", 1) for line in block) for block in blocks]


async def test_the_stream_is_the_feed(client: httpx.AsyncClient, as_: As, petition: str) -> None:
    auditor = as_(roles=["auditor"])
    feed = (await client.get("/intake/v1/events?limit=1000", headers=auditor)).json()["items"]
    answer = await client.get(STREAM, headers=auditor)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [json.loads(event["data"]) for event in told(answer.text)] == feed
    assert [(event["id"], event["event"]) for event in told(answer.text)] == [
        (str(item["position"]), item["type"]) for item in feed
    ]
    assert ": ping" in answer.text, "who waits is kept alive"


@pytest.mark.parametrize("way", ["header", "query", "both"])
async def test_it_goes_on_where_the_listener_stands(
    client: httpx.AsyncClient, as_: As, petition: str, way: str
) -> None:
    auditor = as_(roles=["auditor"])
    head = (await client.get("/intake/v1/events?limit=1", headers=auditor)).json()["head"]
    headers = {} if way == "query" else {"Last-Event-ID": str(head - 1)}
    query = {"header": "", "query": f"?after={head - 1}", "both": "?after=0"}[way]
    answer = await client.get(f"{STREAM}{query}", headers={**auditor, **headers})
    assert [event["id"] for event in told(answer.text)] == [str(head)]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ("x", 400, "header-invalid"),
        ("-1", 400, "header-invalid"),
        ("9" * 19, 400, "header-invalid"),
        ("999999999", 409, "position-beyond-head"),
    ],
)
async def test_a_place_that_is_none_is_refused(
    client: httpx.AsyncClient, as_: As, sent: str, status: int, code: str
) -> None:
    answer = await client.get(STREAM, headers={**as_(roles=["auditor"]), "Last-Event-ID": sent})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_auditors_listen_and_not_too_many(
    client: httpx.AsyncClient, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.get(STREAM, headers=as_())).status_code == 403
    monkeypatch.setattr(event_stream, "MOST", 0)
    answer = await client.get(STREAM, headers=as_(roles=["auditor"]))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "0")


async def test_one_listener_leaves_room_for_the_others(client: httpx.AsyncClient, as_: As) -> None:
    """Each caller has two streams; who opens more at once is told, or his stream ends before it begins."""
    greedy = [client.get(STREAM, headers=as_(roles=["external_auditor"], subject="e-1")) for _ in range(8)]
    other = client.get(STREAM, headers=as_(roles=["external_auditor"], subject="e-2"))
    *many, one = await asyncio.gather(*greedy, other)
    served = [answer for answer in many if answer.status_code == 200 and "retry:" in answer.text]
    assert len(served) == event_stream.MOST_OF_ONE
    assert (one.status_code, "retry:" in one.text) == (200, True)
    again = await client.get(STREAM, headers=as_(roles=["external_auditor"], subject="e-1"))
    assert again.status_code == 200, "what has ended is not counted"


async def test_a_third_stream_of_one_listener_is_refused(
    client: httpx.AsyncClient, as_: As, issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "MOST_OF_ONE", 1)
    auditor = as_(roles=["auditor"])
    first = asyncio.create_task(client.get(STREAM, headers=auditor))
    async with asyncio.timeout(5):
        while not event_stream._open:
            await asyncio.sleep(0.01)
    answer = await client.get(STREAM, headers=auditor)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate-limited")
    assert (await first).status_code == 200


async def test_what_happens_meanwhile_comes_and_the_end_of_the_token_ends_it(
    client: httpx.AsyncClient,
    command: As,
    store: EventStore,
    verifier: TokenVerifier,
    issuer: DevelopmentIssuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = issuer.token(roles=["auditor"], subject="a-1", jurisdictions=["331123"], minutes=0.05)
    events = _events(_listening(store, verifier, token), AUDITOR, await store.log.head())
    taking = asyncio.create_task(_taken(events))
    filed = await client.post("/intake/v1/petitions", json={"title": "新的申请"}, headers=command())
    async with asyncio.timeout(15):
        text = await taking
    assert [json.loads(event["data"])["stream"].split("-", 1)[1] for event in told(text)] == [filed.json()["id"]]
    assert not event_stream._open


async def test_a_page_is_one_write(
    client: httpx.AsyncClient, command: As, store: EventStore, verifier: TokenVerifier, issuer: DevelopmentIssuer
) -> None:
    """Between the writes of one page nobody would notice that the listener has left."""
    before = await store.log.head()
    for number in range(3):
        await client.post("/intake/v1/petitions", json={"title": f"第{number}条"}, headers=command())
    token = issuer.token(roles=["auditor"], subject="a-1", jurisdictions=["331123"], minutes=5)
    events = _events(_listening(store, verifier, token), AUDITOR, before)
    opening, page = await anext(events), await anext(events)
    await events.aclose()
    assert (told(opening.decode()), len(told(page.decode()))) == ([], 3)


def _listening(store: EventStore, verifier: TokenVerifier, token: str) -> Request:
    held = SimpleNamespace(
        log=store.log, verifier=verifier, signatures=None, standing=None, certificate_header=None, stream_s=30
    )
    app = SimpleNamespace(state=SimpleNamespace(resources=held))
    return Request({"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())], "app": app})


async def _taken(events: AsyncIterator[bytes]) -> str:
    return b"".join([chunk async for chunk in events]).decode()
