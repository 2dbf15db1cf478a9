"""What every answer has: ids, headers, HEAD, an access log that tells nothing about people."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

import asyncpg
import httpx
import pytest
import uvicorn
from sqlalchemy.exc import DBAPIError

from rongcuo import serving
from shared.authz.tokens import TokenVerifier
from shared.eventstore.errors import AppendRefused, LogHole, LogStopped, LogUnavailable, Overloaded, VersionConflict
from shared.eventstore.log import EventLog
from shared.eventstore.store import EventStore
from shared.kernel.canonical import NotCanonical
from shared.kernel.clock import utc_now
from shared.kernel.errors import Rejected, UnknownEvent
from shared.kernel.ids import new_id
from shared.web.app import Service, create_app
from shared.web.catalogue import catalogue
from shared.web.resources import Resources
from shared.web.shell import AnswerBroken, Shell
from tests.web.conftest import As, running
from tests.web.petitions import SECRET, recorder_of, service

SECRET_TEXT = "10.0.0.1:5432 张某"


def wrapped(error: Exception) -> DBAPIError:
    """Return an error of the driver as SQLAlchemy raises it."""
    adapted = OSError()
    adapted.__cause__ = error
    return DBAPIError(SECRET_TEXT, None, adapted)


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/intake/v1/events", "/intake/docs"])
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(headers["permissions-policy"].split(", "))
    assert "strict-transport-security" not in headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert UUID(headers["x-request-id"])


async def test_browsers_are_kept_to_https_where_the_operator_says_so(
    store: EventStore, verifier: TokenVerifier
) -> None:
    made = service(store, verifier)

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with made.resources() as held:
            yield replace(held, hsts_days=365)

    async with running(create_app(replace(made, resources=resources))) as client:
        for path in ("/healthz", "/nothing", "/intake/v1/events", "/intake/docs"):
            assert (await client.get(path)).headers["strict-transport-security"] == "max-age=31536000"


async def test_every_answer_of_a_server_tells_its_time(store: EventStore, verifier: TokenVerifier) -> None:
    """Phones' clocks are wrong; they measure them against `Date` (RFC 9110 §6.6.1)."""
    app = create_app(service(store, verifier))
    server = uvicorn.Server(serving._config("127.0.0.1", 0, sandbox=False)(app))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        async with app.router.lifespan_context(app), httpx.AsyncClient() as client:
            for path in ("/healthz", "/nothing", "/intake/v1/numbers"):
                answer = await client.get(f"http://127.0.0.1:{listening.getsockname()[1]}{path}")
                assert abs(parsedate_to_datetime(answer.headers["date"]) - utc_now()) < timedelta(seconds=10)
        server.should_exit = True
        await task


async def test_a_request_id_is_taken_over_if_it_is_one(client: httpx.AsyncClient) -> None:
    given = str(new_id())
    answer = await client.get("/nothing", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == answer.json()["trace_id"] == given
    for bad in ("1", "a" * 5000, f"{given}\x1b[31m", f"{{{given}}}"):
        assert UUID((await client.get("/nothing", headers={"X-Request-Id": bad})).headers["x-request-id"])


async def test_head_answers_as_get_does_without_a_body(client: httpx.AsyncClient, as_: As, petition: str) -> None:
    for path in (petition, "/healthz", "/nothing"):
        head, get = await client.head(path, headers=as_()), await client.get(path, headers=as_())
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
        assert head.headers.get("etag") == get.headers.get("etag")


async def test_the_access_log_names_the_route_and_no_query_id_or_text(
    client: httpx.AsyncClient, as_: As, petition: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "rongcuo.access"):
        await client.get(f"{petition}?at_version=1", headers=as_())
        await client.get("/张某%0D%0Afake 200?name=张某")
    lines = [record.getMessage() for record in caplog.records if record.name == "rongcuo.access"]
    assert lines[0].startswith("GET /intake/v1/petitions/{petition_id} 200 ")
    assert lines[1].startswith("GET - 404 ")
    assert petition.rsplit("/", 1)[1] not in caplog.text


async def test_the_access_log_names_the_route_whatever_its_parameters_are(
    client: httpx.AsyncClient, as_: As, command: As, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "rongcuo.access"):
        await client.get("/intake/v1/petitions/v1", headers=as_())
        await client.get("/intake/v1/petitions/1/history", headers=as_())
        await client.post("/intake/v1/petitions/1/remarks", json={"reasons": "补充"}, headers=command())
        await client.get("/problems/problems")
        await client.put("/intake/v1/petitions/1", headers=as_())
    paths = [record.getMessage().split()[1] for record in caplog.records if record.name == "rongcuo.access"]
    assert paths == [
        "/intake/v1/petitions/{petition_id}",
        "/intake/v1/petitions/{petition_id}/history",
        "/intake/v1/petitions/{petition_id}/remarks",
        "/problems/{code}",
        "/intake/v1/petitions/{petition_id}",
    ]


async def test_health_readiness_and_version(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"status": "ok", "checks": {"log": True}}
    assert (await client.get("/version")).json() == {"service": "intake", "version": "0.1.0", "api": "v1"}


async def test_a_failing_check_makes_the_service_unready_and_tells_no_reason(
    store: EventStore, verifier: TokenVerifier, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> bool:
        raise RuntimeError("password of the database")

    async def fine() -> bool:
        return True

    checks = {"log": broken, "read-models": fine}
    async with _with(store, store.log, verifier, checks) as client:
        answer = await client.get("/readyz")
        assert (await client.get("/readyz")).content == answer.content
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "checks": {"log": False, "read-models": True}}
    told = [record.getMessage() for record in caplog.records if "not ready" in record.getMessage()]
    assert told == ["not ready: log (RuntimeError)"], "once, and nothing of what the error says"


@pytest.mark.parametrize(
    ("error", "code", "retry_after"),
    [
        (Overloaded(0.4), "log-overloaded", "1"),
        (LogStopped(), "log-stopped", "30"),
        (LogUnavailable("stopped"), "log-unavailable", "2"),
        (ConnectionRefusedError(SECRET_TEXT), "log-unavailable", "2"),
        (TimeoutError(), "log-unavailable", "2"),
        (asyncpg.AdminShutdownError(SECRET_TEXT), "log-unavailable", "2"),
        (DBAPIError(SECRET_TEXT, None, OSError(), connection_invalidated=True), "log-unavailable", "2"),
        (DBAPIError(SECRET_TEXT, None, OSError()), "internal-error", None),
        (wrapped(asyncpg.CannotConnectNowError(SECRET_TEXT)), "log-unavailable", "2"),
        (asyncpg.UniqueViolationError(SECRET_TEXT), "internal-error", None),
        (LogHole("intake", 7), "internal-error", None),
        (UnknownEvent("Unheard", 3), "internal-error", None),
        (VersionConflict("petition-1", 1, 2), "version-contended", "1"),
        (AppendRefused(SECRET_TEXT), "content-too-large", None),
        (NotCanonical(SECRET_TEXT), "content-invalid", None),
        (Rejected("code-of-nobody", SECRET_TEXT), "internal-error", None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_what_goes_wrong_inside_is_told_by_code_alone(
    store: EventStore, verifier: TokenVerifier, as_: As, error: Exception, code: str, retry_after: str | None
) -> None:
    class Broken(EventLog):
        async def head(self) -> int:
            raise error

    async with _with(store, Broken.__new__(Broken), verifier, {}) as client:
        answer = await client.get("/intake/v1/events", headers=as_(roles=["auditor"]))
    assert (answer.status_code, answer.json()["code"]) == (catalogue()[code].status, code)
    assert answer.headers.get("retry-after") == retry_after
    assert SECRET_TEXT not in answer.text


async def test_an_answer_that_breaks_off_is_cut_and_tells_no_text() -> None:
    async def broken(scope: object, receive: object, send: Callable[[dict[str, object]], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("张某")

    async def ignore(message: object) -> None:
        return None

    async def nothing() -> dict[str, object]:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(AnswerBroken) as cut:
        await Shell(broken)(scope, nothing, ignore)
    assert cut.value.__cause__ is None
    assert cut.value.__suppress_context__


def test_a_short_secret_is_refused(store: EventStore, verifier: TokenVerifier) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Resources(verifier, store.log, None, b"short", recorder_of(store))
    assert "secret" not in repr(Resources(verifier, store.log, None, SECRET, recorder_of(store)))


@asynccontextmanager
async def _with(
    store: EventStore, log: EventLog, verifier: TokenVerifier, checks: Mapping[str, Callable[[], Awaitable[bool]]]
) -> AsyncIterator[httpx.AsyncClient]:
    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        yield Resources(verifier, log, None, SECRET, recorder_of(store), checks)

    made = Service("intake", "受理", "0.1.0", [], [], resources)
    async with running(create_app(made)) as client:
        yield client
