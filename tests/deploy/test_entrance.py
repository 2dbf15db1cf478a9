"""The entrance before services of the test's own: nothing is held back, nothing is endless, every refusal is told."""

import asyncio
import json
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from rongcuo.credentials import credentials
from shared.web.catalogue import catalogue
from tests.deploy.containers import HOST, Containers
from tests.deploy.manifests import Compose
from tests.deploy.validate import ROOT

TOO_MUCH = 2 * 1024 * 1024 + 1
REPORTER = "127.77.66.55"
"""An address of this machine from which nobody else calls."""
DOSSIER = "0197f2aa-7a3c-7b1e-9d3c-5f0a1b2c3d4e"
CLAIMED = {"X-Forwarded-For": "203.0.113.77", "X-Real-IP": "203.0.113.78", "Forwarded": "for=203.0.113.79"}
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """The entrance alone, as the composition starts it; it ends in good order when it is told to."""
    place = tmp_path_factory.mktemp("entrance")
    credentials(place / "secrets")
    running = Containers(Compose.read(ROOT / "docker-compose.yml"), place, place, place / "secrets", {})
    running.start("entrance")
    try:
        yield running
    finally:
        codes = running.stop()
    assert codes == {"entrance": 0}
    assert [path for path in (place / "homes").rglob("*") if path.is_file()] == []


@pytest.fixture
async def http(containers: Containers) -> AsyncIterator[httpx.AsyncClient]:
    """A client that trusts the authority of the installation; the entrance answers its own health check."""
    trusted = ssl.create_default_context(cafile=containers.secrets / "ca.crt")
    base = f"https://localhost:{containers.port('entrance:8443')}"
    async with httpx.AsyncClient(verify=trusted, trust_env=False, timeout=30, base_url=base) as client:
        await containers.until(f"http://{HOST}:{containers.port('127.0.0.1:8081')}/", "entrance")
        yield client


@asynccontextmanager
async def archive(containers: Containers, answering: Answering) -> AsyncIterator[None]:
    """Let `answering` stand where the archive's API would."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answering(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(answer, HOST, containers.port("archive-api:8080")):
        yield


async def test_a_line_of_a_stream_passes_before_the_next_one_exists(
    containers: Containers, http: httpx.AsyncClient
) -> None:
    wanted = asyncio.Event()

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head + b"2\r\n1\n\r\n")
        await wanted.wait()
        writer.write(b"2\r\n2\n\r\n0\r\n\r\n")
        await writer.drain()

    async with archive(containers, slowly), asyncio.timeout(10), http.stream("GET", "/archive/v1/events") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "1"
        wanted.set()
        assert await anext(lines) == "2"


async def test_a_body_without_end_ends_at_the_entrance(containers: Containers, http: httpx.AsyncClient) -> None:
    taken = 0

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        while part := await reader.read(65536):
            taken += part.count(b"[")

    async def body() -> AsyncIterator[bytes]:
        yield b"[" * TOO_MUCH

    async with archive(containers, swallow):
        answer = await http.post("/archive/v1/dossiers", content=body())
    check_told(answer, "body-too-large", 413)
    assert taken < TOO_MUCH


async def test_a_service_that_is_not_there_may_be_asked_again(http: httpx.AsyncClient) -> None:
    answer = await http.get("/notification/v1/inbox")
    check_told(answer, "log-unavailable", 503)
    assert answer.headers["retry-after"] == "5"


async def test_a_service_that_hangs_up_may_be_asked_again(containers: Containers, http: httpx.AsyncClient) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with archive(containers, hang_up):
        answer = await http.post("/archive/v1/dossiers", json={})
    check_told(answer, "log-unavailable", 503)


async def test_nobody_gets_in_without_encryption(containers: Containers) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{HOST}:{containers.port('entrance:8443')}/healthz")
    assert answer.status_code == 400


async def test_nobodys_address_is_logged_or_passed_on(containers: Containers, http: httpx.AsyncClient) -> None:
    trusted = ssl.create_default_context(cafile=containers.secrets / "ca.crt")
    there = httpx.AsyncHTTPTransport(verify=trusted, local_address=REPORTER)
    received: list[bytes] = []

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nLocation: /typed\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with httpx.AsyncClient(transport=there, base_url=http.base_url, headers=CLAIMED, timeout=30) as reporter:
        async with archive(containers, answering):
            assert (await reporter.get("/archive/v1/dossiers?cursor=a")).status_code == 200
        assert (await reporter.get("/notification/v1/inbox")).status_code == 503
        assert (await reporter.post("/archive/v1/dossiers", content=b"[" * TOO_MUCH)).status_code in {413, 503}
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=REPORTER)) as plain:
        await plain.get(f"http://{HOST}:{containers.port('entrance:8443')}/healthz")
    logged = (containers.place / "entrance.log").read_bytes()
    assert b'"uri":"/archive/v1/\xe2\x80\xa6"' in logged
    assert b'"level":"error"' in logged
    assert b"/typed" not in logged
    for told in (logged, b"".join(received)):
        assert not [address for address in (REPORTER, *CLAIMED.values()) if address.encode() in told]


@pytest.mark.parametrize(
    "head", ["GET /archive/v1/events HTTP/1.1", "POST /archive/v1/dossiers HTTP/1.1\r\nContent-Length: 500000"]
)
async def test_the_address_of_who_leaves_early_is_not_logged(
    containers: Containers, http: httpx.AsyncClient, head: str
) -> None:
    """What Go says of a broken connection names both its ends."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                await writer.drain()

    log = containers.place / "entrance.log"
    before = log.stat().st_size
    async with archive(containers, endless), asyncio.timeout(20):
        for _ in range(3):
            await asyncio.to_thread(leave_early, containers, head)
        while (logged := log.read_bytes()[before:]).count(b'"error":"') < 3:
            await asyncio.sleep(0.05)
    assert b"tcp \xe2\x80\xa6" in logged
    assert REPORTER.encode() not in logged


def leave_early(containers: Containers, head: str) -> None:
    """Begin a request, take nothing of the answer, and break the connection off."""
    trusted = ssl.create_default_context(cafile=containers.secrets / "ca.crt")
    plain = socket.create_connection((HOST, containers.port("entrance:8443")), 10, (REPORTER, 0))
    with trusted.wrap_socket(plain, server_hostname="localhost") as line:
        line.sendall(f"{head}\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.3)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def test_of_a_path_only_the_service_and_ids_are_logged(containers: Containers, http: httpx.AsyncClient) -> None:
    paths = {
        "/archive/v1/dossiers/孙某某13900001234": "/archive/v1/…/…",
        f"/archive/v1/dossiers/{DOSSIER}/entries?cursor=孙某某": f"/archive/v1/…/{DOSSIER}/…",
        f"/archive/v1/{DOSSIER}孙某某/{DOSSIER}/{DOSSIER}": f"/archive/v1/{DOSSIER}/{DOSSIER}/{DOSSIER}",
        "/archive/13900001234/x": "/…/…/…",
        "/孙某某?13900001234": "/…",
        "/realms/rongcuo/protocol": "/realms/rongcuo/…",
    }
    log = containers.place / "entrance.log"
    before = log.stat().st_size
    await asyncio.gather(*(http.get(path) for path in paths))
    async with asyncio.timeout(10):
        while (lines := log.read_bytes()[before:]).count(b"handled request") < len(paths):
            await asyncio.sleep(0.02)
    assert {json.loads(line)["request"]["uri"] for line in lines.splitlines()} == set(paths.values())


def check_told(answer: httpx.Response, code: str, status: int) -> None:
    """Check that a refusal of the entrance is a problem as the services tell it."""
    entry = catalogue()[code]
    assert answer.status_code == status
    assert answer.json() == {
        "type": f"/problems/{code}",
        "title": entry.title("zh"),
        "status": status,
        "code": code,
        "detail": entry.remedy("zh"),
    }
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in answer.headers
