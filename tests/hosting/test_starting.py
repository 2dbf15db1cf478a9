"""A process on given servers waits for them, and says in one line what is wrong with them."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from rongcuo.embedded.process import free_port
from shared.database.databases import SERVICES, Databases
from shared.database.provision import drop
from shared.database.schema import DatabaseRefused, await_database
from shared.eventstore import engine, store
from shared.keyring import keyring
from shared.messaging import local_bus
from shared.messaging.kafka_settings import KafkaSettings
from shared.messaging.producer import Publisher, pack
from shared.messaging.topics import ensure_topics
from tests.hosting.conftest import NEWEST, RECORD, Site
from tests.story.processes import clean_environment, run_program
from tests.support.proxy import Proxy
from tests.support.servers import Server
from tests.support.softhsm import NoSoftHsm, soft_token

NOBODY = "postgresql://intake:geheim@127.0.0.1:1/intake"


async def run(*arguments: str, **settings: str) -> tuple[int, str]:
    """Run `rongcuo …` with these settings; return its exit code and what it told the user."""
    environment = clean_environment(RONGCUO_DATA="/nowhere/at/all", **settings)
    ran = await asyncio.to_thread(run_program, *arguments, environment=environment)
    return ran.returncode, ran.stdout + ran.stderr


@asynccontextmanager
async def at_revision(databases: Databases, revision: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(databases.admin("intake"))
    before = await connection.fetchval("SELECT version_num FROM public.alembic_version")
    await connection.execute("UPDATE public.alembic_version SET version_num = $1", revision)
    yield
    await connection.execute("UPDATE public.alembic_version SET version_num = $1", before)
    await connection.close()


async def test_an_address_that_is_taken_is_told_in_one_line_and_nothing_runs(site: Site) -> None:
    secrets = str(site.secrets("intake"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        arguments = ("serve", "intake", "--role", "api", "--port", port)
        code, told = await run(*arguments, RONGCUO_SECRETS=secrets, RONGCUO_SANDBOX="1")
    assert (code, told) == (1, f"rongcuo: cannot listen on 127.0.0.1:{port}: address already in use\n")


async def test_servers_that_start_later_are_waited_for(site: Site) -> None:
    parts, port = urlsplit(site.databases.dsn("intake")), free_port()
    later = parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()
    processes = site.processes("intake", intake_dsn=later)
    processes.start("api", "serve", "intake", "--role", "api")
    async with asyncio.timeout(60):
        while b"waiting for the database of intake" not in processes.logged():
            await asyncio.sleep(0.1)
    server = await asyncio.start_server(Proxy("127.0.0.1", parts.port or 0).serve, "127.0.0.1", port)
    async with server:
        await processes.ready()
        assert set((await asyncio.to_thread(processes.stop)).values()) == {0}


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        (NOBODY, "rongcuo: database intake cannot be reached: "),
        ("postgresql://intake:ge/heim@127.0.0.1/intake", "rongcuo: database intake: its DSN cannot be read"),
        ("mysql://intake:geheim@127.0.0.1/intake", "rongcuo: RONGCUO_INTAKE_DSN: must begin with postgresql://"),
    ],
)
async def test_a_database_that_is_not_there_is_told_in_one_line(site: Site, dsn: str, told: str) -> None:
    directory = site.secrets("intake", intake_dsn=dsn)
    code, said = await run("serve", "intake", RONGCUO_SECRETS=str(directory), RONGCUO_START_S="0.1")
    assert code in {1, 2}
    assert [line.startswith(told) for line in said.splitlines() if "WARNING" not in line] == [True], said
    assert "heim" not in said


async def test_a_wrong_password_is_not_tried_again(databases: Databases) -> None:
    parts = urlsplit(databases.dsn("intake"))
    wrong = parts._replace(netloc=f"{parts.username}:geheim@{parts.hostname}:{parts.port}").geturl()
    with pytest.raises(DatabaseRefused, match="password authentication failed"):
        await await_database(wrong, "intake", patience_s=60)


async def test_tables_of_an_older_build_are_refused(databases: Databases) -> None:
    dsn = databases.dsn("intake")
    await await_database(dsn, "intake")
    async with at_revision(databases, "0001"):
        with pytest.raises(DatabaseRefused, match=f"is at 0001, this build needs {NEWEST}: run `rongcuo migrate`"):
            await await_database(dsn, "intake", patience_s=60)


async def test_a_worker_says_which_brokers_it_waits_for(site: Site) -> None:
    settings = {"KAFKA": "127.0.0.1:1", "START_S": "0.2"}
    processes = site.processes("intake", settings)
    processes.start("worker", "serve", "intake", "--role", "worker")
    assert await asyncio.to_thread(processes.running["worker"].wait, 60) == 1
    said = processes.logged().decode().splitlines()
    assert any("waiting for Kafka at 127.0.0.1:1" in line for line in said), said
    assert said[-1].startswith("rongcuo: Kafka at 127.0.0.1:1 cannot be reached")


@pytest.mark.parametrize(("key", "pin", "told"), [("kek-9", None, "kek-9"), ("kek-1", "00000000", "PinIncorrect")])
async def test_nothing_is_served_over_a_token_that_refuses(site: Site, key: str, pin: str | None, told: str) -> None:
    place = site.place / "softhsm"
    place.mkdir()
    try:
        with soft_token(place) as token:
            directory = site.secrets("intake", pkcs11_pin=pin or token.pin)
            (directory / "rongcuo_kek").unlink()
            uri = f"pkcs11:token={token.label};object={key}?module-path={token.module}"
            code, said = await run(
                "serve", "intake", RONGCUO_SECRETS=str(directory), RONGCUO_PKCS11=uri, RONGCUO_SANDBOX="1"
            )
    except NoSoftHsm as reason:
        pytest.skip(str(reason))
    assert (code, said.splitlines()[-1].startswith("rongcuo: "), told in said) == (1, True, True), said


class TestEachStepNeedsItsOwnSecretsOnly:
    async def test_migrate_needs_the_administrator_of_postgresql(self, server: Server, prefix: str) -> None:
        settings = {"DSN": server.dsn, "ROLE_SECRET": "72" * 32, "DATABASE_PREFIX": prefix, "ROLE_PREFIX": prefix}
        code, said = await run("migrate", **{f"RONGCUO_{name}": text for name, text in settings.items()})
        await drop(Databases(server.dsn, b"", prefix, prefix), roles=True)
        assert (code, said.splitlines()[-1]) == (0, "migrate: ok")

    async def test_topics_needs_kafka(self, kafka: str, prefix: str) -> None:
        assert await run("topics", RONGCUO_KAFKA=kafka, RONGCUO_TOPIC_PREFIX=prefix) == (0, "topics: ok\n")

    async def test_an_operator_needs_the_database_of_the_service(self, databases: Databases) -> None:
        code, said = await run("parked", "list", "intake", RONGCUO_INTAKE_DSN=databases.dsn("intake"))
        assert (code, "consumer" in said) == (0, True)

    async def test_an_operator_appends_to_no_log_that_is_behind(
        self, databases: Databases, kafka: str, prefix: str
    ) -> None:
        settings = KafkaSettings(kafka, prefix)
        await ensure_topics(settings, ["intake"])
        publisher = Publisher(settings, "intake")
        await publisher.publish(pack([RECORD]))
        await publisher.close()
        given = {"INTAKE_DSN": databases.dsn("intake"), "KAFKA": kafka, "TOPIC_PREFIX": prefix}
        command = ("parked", "discard", "intake", "intake.adjudication", "adjudication", "x", "--reason", "none")
        code, said = await run(*command, **{f"RONGCUO_{name}": text for name, text in given.items()})
        assert (code, "log intake takes nothing: log-behind" in said) == (1, True), said

    @pytest.mark.parametrize("missing", ["token_secret", "kek", "keyring_dsn", "development_issuer"])
    async def test_a_service_names_what_is_missing(self, site: Site, missing: str) -> None:
        directory = site.secrets("intake")
        (directory / f"rongcuo_{missing}").unlink()
        code, said = await run("serve", "intake", RONGCUO_SECRETS=str(directory), RONGCUO_SANDBOX="1")
        assert (code, said.startswith(f"rongcuo: RONGCUO_{missing.upper()} is ")) == (1, True), said


def test_a_message_never_holds_a_password(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(DatabaseRefused) as refused:
        asyncio.run(await_database(NOBODY, "intake"))
    assert "geheim" not in caplog.text + str(refused.value)


def test_the_number_of_connections_is_documented_and_leaves_room_on_one_server() -> None:
    own = store.CONNECTIONS + engine.CONNECTIONS + len({"appender", "wake-ups"})
    worker = own + keyring.CONNECTIONS
    on_logs = len(SERVICES) * local_bus.CONNECTIONS + len(SERVICES) - 1
    api = worker + len({"access records"})
    in_one = len(SERVICES) * (api + worker + len(SERVICES) * local_bus.CONNECTIONS - 1)
    assert in_one < len(SERVICES) * (api + worker + on_logs) < 180, "of 200: the rest is for operators and backups"
    said = (
        f"at most {own} connections to its own database",
        f": {api} and {worker}. `--role all` opens both: {api + worker - 1}.",
        f"need {len(SERVICES) * (api + worker)};",
        f"| **{api}** | **{worker}** | **{worker + on_logs}** |",
        f"at most {in_one} of the 200",
    )
    text = (Path(__file__).parents[2] / "docs" / "processes.md").read_text().replace("\n", " ")
    assert [words for words in said if words not in text] == []
