"""The distributed shape as docker-compose.yml and the Caddyfile describe it: every part a process, in their words."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import orjson
import pytest

from rongcuo.demo.story import Cast, Played, zhong
from rongcuo.embedded.postgres import Postgres
from shared.authz.development import DevelopmentIssuer
from shared.database.databases import SERVICES
from shared.hosting.installation import VERSION
from tests.deploy.containers import HOST, Containers, unpack_image
from tests.deploy.manifests import Cluster, Compose, build, containers_of, documents, projected
from tests.deploy.operations import recovery
from tests.deploy.validate import ROOT
from tests.story.conftest import silent
from tests.story.processes import left_running
from tests.support.secured_kafka import secured_kafka
from tests.support.servers import roomy_directory

ONE_SHOT = ("migrate", "topics", "acls")
PARTS = [f"{service}-{role}" for service in SERVICES for role in ("api", "worker")]
ENTRANCE = "entrance:8443"
BASE = ROOT / "deploy/k8s/base"


@dataclass(frozen=True)
class Shape:
    """The running composition, a client that trusts its authority, and what has happened in it."""

    containers: Containers
    http: httpx.AsyncClient
    base: str
    issuer: DevelopmentIssuer
    played: Played

    def direct(self, service: str) -> str:
        """Return where a service listens behind the entrance."""
        return f"http://{HOST}:{self.containers.port(f'{service}-api:8080')}"

    def bearer(self, role: str) -> dict[str, str]:
        """Return the header of somebody who has a role."""
        token = self.issuer.token(roles=[role], subject="somebody", jurisdictions=("331123",))
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
async def shape() -> AsyncIterator[Shape]:
    """Everything from `credentials` to a matter that was played through the entrance; ended with SIGTERM."""
    with roomy_directory() as place:
        secrets = place / "secrets"
        compose = Compose.read(ROOT / "docker-compose.yml", RONGCUO_SANDBOX="1")
        containers = Containers(compose, place, unpack_image(place), secrets, {})
        image = set((place / "image").rglob("*"))
        containers.run("credentials")
        password = (secrets / "postgres_password").read_text()
        _, *options = compose.services["postgres"]["command"]
        postgres = Postgres(place / "postgres", password=password, log=place / "postgres.log", options=options)
        with postgres, secured_kafka(place / "broker", secrets) as kafka:
            containers.elsewhere |= {"postgres:5432": f"{HOST}:{postgres.port}", "kafka:9092": kafka.bootstrap}
            try:
                for name in ONE_SHOT:
                    containers.run(name)
                async with _served(containers, secrets) as served:
                    yield served
                codes = containers.stop()
                assert set(codes.values()) == {0}, f"exit codes {codes}"
            finally:
                containers.stop()
        assert [path for path in (place / "homes").rglob("*") if path.is_file()] == []
        assert set((place / "image").rglob("*")) == image, "a root file system was written to"
        assert left_running(place) == []


@asynccontextmanager
async def _served(containers: Containers, secrets: Path) -> AsyncIterator[Shape]:
    for name in PARTS:
        containers.start(name)
    containers.start("entrance")
    base = f"https://localhost:{containers.port(ENTRANCE)}"
    issuer = DevelopmentIssuer((secrets / "rongcuo_development_issuer").read_bytes())
    trusted = ssl.create_default_context(cafile=secrets / "ca.crt")
    async with httpx.AsyncClient(verify=trusted, trust_env=False, timeout=30) as http:
        for name in PARTS:
            await containers.until(f"http://{HOST}:{containers.port(f'{name}:8080')}/readyz", name)
        await containers.until(f"http://{HOST}:{containers.port('127.0.0.1:8081')}/", "entrance")
        assert [name for name in PARTS if not containers.healthy(name)] == []
        played = await zhong(Cast.assemble(http, dict.fromkeys(SERVICES, base), issuer.token), silent)
        yield Shape(containers, http, base, issuer, played)


def told(answer: httpx.Response) -> tuple[int, dict[str, str], object]:
    """Return what an answer says, without what belongs to one connection or one request."""
    passing = {"date", "server", "connection", "strict-transport-security", "x-request-id", "content-length"}
    headers = {name: text for name, text in answer.headers.items() if name not in passing | {"ratelimit"}}
    body = answer.content
    if "json" in headers.get("content-type", "") and body and "ndjson" not in headers["content-type"]:
        read = orjson.loads(body)
        return answer.status_code, headers, {k: v for k, v in read.items() if k != "trace_id"}
    return answer.status_code, headers, body


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("intake", "/problems"),
        ("intake", "/problems/not-found"),
        ("intake", "/healthz"),
        ("intake", "/version"),
        ("intake", "/readyz"),
        ("intake", "/"),
        ("intake", "/nobody/v1/things"),
        ("intake", "/archive"),
        *((service, f"/{service}/{page}") for service in SERVICES for page in ("openapi.json", "docs", "v1/events")),
    ],
)
async def test_a_path_leads_where_it_leads_without_the_entrance(shape: Shape, service: str, path: str) -> None:
    for role in ("external_auditor", "subject"):
        headers = shape.bearer(role) | {"Accept-Language": "en"}
        through = await shape.http.get(shape.base + path, headers=headers)
        assert told(through) == told(await shape.http.get(shape.direct(service) + path, headers=headers))


def test_the_health_check_notices_what_is_not_there(shape: Shape) -> None:
    assert not shape.containers.healthy("migrate")


async def test_the_matter_has_reached_every_service(shape: Shape) -> None:
    headers = shape.bearer("external_auditor") | {"Accept": "application/x-ndjson"}
    for service in SERVICES:
        feed = await shape.http.get(f"{shape.base}/{service}/v1/events", headers=headers)
        direct = await shape.http.get(f"{shape.direct(service)}/{service}/v1/events", headers=headers)
        assert feed.headers["content-type"].startswith("application/x-ndjson")
        assert feed.content == direct.content
        assert feed.content.count(b"\n") > 0


async def test_a_token_of_the_sandbox_is_made_in_a_container_and_taken_at_the_entrance(shape: Shape) -> None:
    options = ("--role", "external_auditor", "--jurisdiction", "331123")
    token = shape.containers.run("intake-api", "token", *options).strip()
    answer = await shape.http.get(f"{shape.base}/intake/v1/events", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_a_body_that_is_too_large_for_the_service_is_told_by_the_service(shape: Shape) -> None:
    headers = shape.bearer("inspection_team") | {"Content-Type": "application/json"}
    answer = await shape.http.post(f"{shape.base}/intake/v1/parties", content=b"[" * 1_500_000, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert "trace_id" in answer.json()


@pytest.mark.parametrize(
    ("prefix", "said"),
    [("rongcuo", "min.insync.replicas is 1, must be 2"), ("county", "InvalidReplicationFactorError")],
)
def test_the_replicas_of_a_cluster_are_refused_by_one_broker_in_one_line(shape: Shape, prefix: str, said: str) -> None:
    (settings,) = (
        each["data"] for each in documents(BASE / "settings.yaml") if each["metadata"]["name"] == "rongcuo-kafka"
    )
    wanted = {name: settings[name] for name in ("RONGCUO_KAFKA_REPLICATION", "RONGCUO_KAFKA_MIN_INSYNC")}
    line = shape.containers.refused("topics", **wanted, RONGCUO_TOPIC_PREFIX=prefix)
    assert f"{prefix}.intake.v1" in line
    assert said in line
    assert line.count("\n") == 1


async def test_postgresql_runs_with_the_options_of_the_composition(shape: Shape) -> None:
    connection = await asyncpg.connect(shape.containers.given("migrate", "rongcuo_dsn"))
    try:
        options = shape.containers.compose.services["postgres"]["command"][2::2]
        for name, value in (each.split("=") for each in options):
            assert await connection.fetchval("SELECT current_setting($1)", name) == value
    finally:
        await connection.close()


def test_an_operator_looks_at_a_log_with_the_administrators_secrets_lent_to_its_worker(shape: Shape) -> None:
    for secret in ("rongcuo_dsn", "rongcuo_role_secret"):
        assert f"/run/secrets/{secret}:ro" in (ROOT / "docs/deploy.md").read_text()
        shape.containers.lend("intake-worker", secret)
    said = shape.containers.run("intake-worker", "recover", "intake", "--look")
    assert said.startswith("recover: 0 events missing behind position ")


def test_the_job_of_the_cluster_recovers_with_no_other_secrets_than_it_is_given(shape: Shape) -> None:
    job = recovery("intake")
    (container,) = containers_of(job)
    environment = Cluster(build(BASE)).environment_of(container) | {"RONGCUO_KAFKA": "kafka:9092"}
    given = {item["path"] for _, _, item in projected(job)} - {"postgres_ca.crt", "rongcuo_kafka_password"}
    shape.containers.compose.content["services"]["recover"] = {
        "image": f"rongcuo:{VERSION}",
        "command": container["args"],
        "environment": environment,
        "secrets": [*given, {"source": "kafka_intake_password", "target": "rongcuo_kafka_password"}],
    }
    assert shape.containers.run("recover").startswith("recover: 0 events missing behind position ")
    done = shape.containers.run("recover", *(word for word in container["args"] if word != "--look"))
    assert done.startswith("recover: 0 events restored behind position ")
