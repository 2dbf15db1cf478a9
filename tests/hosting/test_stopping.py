"""A process told to stop finishes what it has, refuses what is new, and has left when its grace time is over."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from typing import Any

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from shared.database.databases import SERVICES, Databases
from shared.kernel.ids import new_id
from shared.messaging.erasure_topic import ERASURES
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.topics import administrator, ensure_topics
from tests.hosting import endless
from tests.hosting.conftest import Site
from tests.story.processes import Processes
from tests.support.proxy import proxied

SLACK_S = 10.0  # a machine that is busy with other tests


def a_party() -> dict[str, Any]:
    return {"party_id": str(new_id()), "kind": "person", "jurisdiction": "331123", "name": "某甲", "contact": None}


async def registering(
    site: Site, http: httpx.AsyncClient, party: dict[str, Any] | None = None, key: str | None = None
) -> httpx.Response:
    headers = {**site.bearer("inspection_team"), "Idempotency-Key": key or str(new_id())}
    return await http.post("/intake/v1/parties", json=party or a_party(), headers=headers)


async def left(processes: Processes, name: str, within_s: float) -> int:
    """Return the exit code of a process that was told to stop; fails when it does not come in time."""
    return await asyncio.to_thread(processes.running[name].wait, within_s)


async def stored(databases: Databases, type_: str) -> int:
    connection = await asyncpg.connect(databases.admin("intake"))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM log.events WHERE type = $1", type_))
    finally:
        await connection.close()


@asynccontextmanager
async def appends_held(databases: Databases) -> AsyncIterator[None]:
    """Let nobody append to intake's log, nor read its head."""
    connection = await asyncpg.connect(databases.admin("intake"))
    async with connection.transaction():
        await connection.execute("LOCK TABLE log.head IN ACCESS EXCLUSIVE MODE")
        yield
    await connection.close()


async def test_a_command_under_way_is_answered_and_the_next_one_refused(site: Site) -> None:
    processes = site.processes("intake")
    processes.start("api", "serve", "intake", "--role", "api")
    await processes.ready()
    base = processes.address("api")
    limits = httpx.Limits(max_connections=1)
    async with (
        httpx.AsyncClient(base_url=base, trust_env=False, timeout=20) as first,
        httpx.AsyncClient(base_url=base, trust_env=False, limits=limits) as kept,
        httpx.AsyncClient(base_url=base, trust_env=False) as probe,
    ):
        assert (await kept.get("/version")).status_code == 200
        async with appends_held(site.databases):
            under_way = asyncio.create_task(registering(site, first))
            await asyncio.sleep(0.5)
            processes.running["api"].terminate()
            await asyncio.sleep(0.2)
            ready = await probe.get("/readyz")
            assert (ready.status_code, ready.json()["status"], ready.headers["connection"]) == (
                503,
                "stopping",
                "close",
            )
            assert (await probe.get("/healthz")).status_code == 200
            refused = await registering(site, kept)
            assert (refused.status_code, refused.json()["code"]) == (503, "log-overloaded")
            assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
        answered = await under_way
    assert (answered.status_code, answered.headers["connection"]) == (201, "close")
    assert await left(processes, "api", 8 + SLACK_S) == 0
    assert await stored(site.databases, "PartyRegistered") == 1


async def test_who_is_killed_while_leaving_loses_nothing(site: Site) -> None:
    processes = site.processes("intake")
    processes.start("api", "serve", "intake", "--role", "api")
    await processes.ready()
    party, key = a_party(), str(new_id())
    async with httpx.AsyncClient(base_url=processes.address("api"), trust_env=False, timeout=20) as http:
        async with appends_held(site.databases):
            under_way = asyncio.create_task(registering(site, http, party, key))
            await asyncio.sleep(0.5)
            processes.running["api"].terminate()
            await asyncio.sleep(0.2)
            processes.kill("api")
        with pytest.raises(httpx.TransportError):
            await under_way
        processes.again("api")
        await processes.ready()
        assert (await registering(site, http, party, key)).status_code == 201
    assert await stored(site.databases, "PartyRegistered") == 1


async def test_a_database_that_hangs_keeps_nobody_beyond_the_grace_time(site: Site) -> None:
    async with proxied(site.databases.dsn("intake")) as (proxy, dsn):
        processes = site.processes("intake", {"GRACE_S": "4"}, intake_dsn=dsn)
        processes.start("all", "serve", "intake", "--role", "api")
        await processes.ready()
        async with httpx.AsyncClient(base_url=processes.address("all"), trust_env=False, timeout=20) as http:
            proxy.hang()
            under_way = asyncio.create_task(registering(site, http))
            await asyncio.sleep(0.5)
            processes.running["all"].terminate()
            await asyncio.sleep(0.5)
            processes.running["all"].terminate()  # a second signal neither shortens the leaving nor begins it anew
            await asyncio.sleep(0.5)
            assert processes.running["all"].poll() is None
            code = await left(processes, "all", 4 + SLACK_S)
            with pytest.raises(httpx.TransportError):
                await under_way
        proxy.heal()
    assert (code, b"not finished within 4 s" in processes.logged()) == (1, True)


async def test_an_answer_that_never_ends_is_cut_in_time(site: Site) -> None:
    processes = site.processes("intake")
    processes.start("endless", instead=(endless.__name__,))
    await processes.ready()
    with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012 - the stream breaks while it is read
        async with (
            httpx.AsyncClient(base_url=processes.address("endless"), trust_env=False) as http,
            http.stream("GET", "/endless") as stream,
        ):
            lines = stream.aiter_lines()
            assert await anext(lines) == "one more"
            processes.running["endless"].terminate()
            async for _ in lines:
                pass
    assert await left(processes, "endless", endless.GRACE_S + SLACK_S) == 0


async def test_a_stream_of_events_ends_by_itself_when_its_process_leaves(site: Site) -> None:
    processes = site.processes("intake")
    processes.start("api", "serve", "intake", "--role", "api")
    await processes.ready()
    async with (
        httpx.AsyncClient(base_url=processes.address("api"), trust_env=False, timeout=20) as http,
        http.stream("GET", "/intake/v1/events/stream", headers=site.bearer("auditor")) as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 3000"
        processes.running["api"].terminate()
        assert [line async for line in lines] == [""], "an end, not a break"
    assert await left(processes, "api", SLACK_S) == 0
    assert b"Traceback" not in processes.logged()


async def test_a_process_that_is_still_starting_leaves_at_once(site: Site) -> None:
    nowhere = "postgresql://intake@127.0.0.1:1/intake"
    processes = site.processes("intake", {"START_S": "60"}, intake_dsn=nowhere)
    for role in ("api", "worker"):
        processes.start(role, "serve", "intake", "--role", role)
    async with asyncio.timeout(60):
        while processes.logged().count(b"waiting for the database of intake") < 2:
            await asyncio.sleep(0.1)
    for role in ("api", "worker"):
        processes.running[role].terminate()
        assert await left(processes, role, SLACK_S) == 0
    assert b"Traceback" not in processes.logged()


async def lease(databases: Databases) -> asyncpg.Record | None:
    connection = await asyncpg.connect(databases.admin("intake"))
    try:
        query = "SELECT holder, until > clock_timestamp() AS held FROM log.lease WHERE name = 'relay.intake'"
        return await connection.fetchrow(query)
    finally:
        await connection.close()


async def members(settings: KafkaSettings, group: str) -> int:
    async with administrator(settings) as admin:
        (answer,) = await admin.describe_consumer_groups([group])
        return len(answer.groups[0][5])


async def test_a_worker_hands_over_at_once_with_its_own_credentials_only(site: Site, kafka: str, prefix: str) -> None:
    settings = KafkaSettings(kafka, prefix)
    await ensure_topics(settings, [*SERVICES, ERASURES])
    processes = site.processes("intake", {"KAFKA": kafka, "TOPIC_PREFIX": prefix})
    processes.start("first", "serve", "intake", "--role", "worker")
    await processes.ready()
    processes.start("second", "serve", "intake", "--role", "worker")
    await processes.ready()
    group = f"{prefix}.intake.adjudication"
    async with asyncio.timeout(30):
        while await members(settings, group) < 2 or await lease(site.databases) is None:
            await asyncio.sleep(0.1)
    before = await lease(site.databases)
    assert before
    processes.running["first"].terminate()
    code = await left(processes, "first", 8 + SLACK_S)
    began = monotonic()
    assert (code, await members(settings, group)) == (0, 1)
    async with asyncio.timeout(3):  # far less than the lease and the session of a member that died
        while (now := await lease(site.databases)) is None or now["holder"] == before["holder"] or not now["held"]:
            await asyncio.sleep(0.05)
    print(f"the other relay took over after {monotonic() - began:.2f} s")


@contextmanager
def frozen(bootstrap: str) -> Iterator[None]:
    """Let the broker of this session not go on."""
    port = int(bootstrap.rpartition(":")[2])
    (pid,) = {at.pid for at in psutil.net_connections("tcp") if at.status == "LISTEN" and at.laddr.port == port}
    psutil.Process(pid).suspend()
    try:
        yield
    finally:
        psutil.Process(pid).resume()


async def test_a_broker_that_hangs_keeps_no_worker_beyond_the_grace_time(site: Site, kafka: str, prefix: str) -> None:
    await ensure_topics(KafkaSettings(kafka, prefix), [*SERVICES, ERASURES])
    processes = site.processes("intake", {"KAFKA": kafka, "TOPIC_PREFIX": prefix, "GRACE_S": "5"})
    processes.start("worker", "serve", "intake", "--role", "worker")
    await processes.ready()
    with frozen(kafka):
        processes.running["worker"].terminate()
        assert await left(processes, "worker", 5 + SLACK_S) in {0, 1}
