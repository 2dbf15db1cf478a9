"""What an operator does to a cluster: put secrets in, recover a log, and know how many connections it may open."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import typer.main

from rongcuo.certificates import Authority, pem
from rongcuo.cli import app
from rongcuo.credentials import credentials
from shared.database.databases import SERVICES
from shared.eventstore import engine, store
from shared.keyring import keyring
from shared.settings import Settings, variable
from tests.deploy.manifests import Cluster, build, containers_of, documents, overlays, pods, projected
from tests.deploy.operations import GUIDE, recovery
from tests.deploy.validate import ROOT

K8S = ROOT / "deploy/k8s"
OF_A_WORKER = (store.CONNECTIONS + 1) + engine.CONNECTIONS + 1 + keyring.CONNECTIONS  # to append, to be woken
OF_AN_API = OF_A_WORKER + 1  # for access records
EXAMPLES = {
    (each["kind"], each["metadata"]["name"]): set(each.get("stringData") or each["data"])
    for each in documents(K8S / "secrets.example.yaml")
}
_KUBECTL = '#!/bin/sh\nprintf "%s\\n" "$@" > "$TOLD/$$"\n'  # both ends of a pipe run at once


def secrets_made(calls: list[str], place: Path) -> dict[tuple[str, str], set[str]]:
    """Return kind, name and keys of what `kubectl create` was asked for; every file has to be there."""
    made: dict[tuple[str, str], set[str]] = {}
    for call in calls:
        if found := re.search(r"create\n(secret\ngeneric|configmap)\n(.+)\n", call):
            pairs = (each.split("=") for each in re.findall(r"--from-file=(.+)", call))
            files = {pair[0]: pair[-1] for pair in pairs}
            assert [name for name in files.values() if not (place / name).is_file()] == []
            made[{"s": "Secret", "c": "ConfigMap"}[found[1][0]], found[2]] = set(files)
    return made


def test_the_script_makes_every_secret_of_what_credentials_wrote(tmp_path: Path) -> None:
    place, told = tmp_path / "secrets", tmp_path / "told"
    (tmp_path / "root.crt").write_text(pem(Authority.new().certificate))
    credentials(place, postgres="db.example:5432", postgres_ca=tmp_path / "root.crt")
    told.mkdir()
    (tmp_path / "kubectl").write_text(_KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.defpath}", "TOLD": str(told)}
    subprocess.run([K8S / "secrets.sh", place, "county"], env=environment, check=True, capture_output=True)
    calls = [path.read_text() for path in told.iterdir()]
    made = secrets_made(calls, place)
    own = {("Secret", "rongcuo-tls"), ("Secret", "rongcuo-sandbox")}
    assert made == {name: keys for name, keys in EXAMPLES.items() if name not in own}
    assert [call.startswith("--namespace\ncounty\n") for call in calls] == [True] * 2 * len(made)
    assert "create secret tls rongcuo-tls" in GUIDE
    assert "create secret generic rongcuo-sandbox --from-file=rongcuo_development_issuer" in GUIDE


@pytest.mark.parametrize("service", SERVICES)
def test_a_recovery_has_command_secrets_and_ways_of_its_service(service: str) -> None:
    cluster, job = Cluster(build(K8S / "base")), recovery(service)
    (container,) = containers_of(job)
    command = container["args"]
    assert command == ["recover", service, "--look"]
    typer.main.get_command(app).commands["recover"].make_context("recover", command[1:])  # type: ignore[attr-defined]
    environment = cluster.environment_of(container)
    assert environment["RONGCUO_KAFKA_USERNAME"] == service
    assert set(environment) <= {variable(field) for field in Settings.model_fields}
    given = {(kind, name, item["key"], item["path"]) for kind, name, item in projected(job)}
    assert [each for each in given if each[2] not in EXAMPLES[each[:2]]] == []
    files = {"rongcuo_dsn", "rongcuo_role_secret", f"rongcuo_{service}_dsn", "rongcuo_kafka_password"}
    assert {path for *_, path in given} == files | {"ca.crt", "postgres_ca.crt"}
    assert container["image"].startswith("registry.example/rongcuo")


def test_a_recovery_is_confined_and_reaches_what_a_worker_reaches() -> None:
    cluster, job = Cluster(build(K8S / "base")), recovery("intake")
    (worker,) = (each for each in cluster.of_kind("Deployment") if each["metadata"]["name"] == "intake-worker")
    for key in ("securityContext", "automountServiceAccountToken", "enableServiceLinks"):
        assert pods(job)["spec"][key] == pods(worker)["spec"][key]
    for key in ("securityContext", "volumeMounts", "envFrom"):
        assert containers_of(job)[0][key] == containers_of(worker)[0][key]
    assert pods(job)["spec"]["serviceAccountName"] in cluster.names("ServiceAccount")
    assert pods(job)["metadata"]["labels"]["app.kubernetes.io/part-of"] == "rongcuo"
    component = pods(job)["metadata"]["labels"]["app.kubernetes.io/component"]
    allowed = {
        policy["metadata"]["name"]
        for policy in cluster.of_kind("NetworkPolicy")
        for each in policy["spec"]["podSelector"].get("matchExpressions", [])
        if component in each["values"]
    }
    assert allowed == {"postgres", "kafka"}


@pytest.mark.parametrize("overlay", overlays(K8S), ids=lambda each: each.name)
def test_the_guide_says_how_many_connections_all_processes_together_may_open(overlay: Path) -> None:
    cluster = Cluster(build(overlay))
    apis = sum(each["spec"]["maxReplicas"] for each in cluster.of_kind("HorizontalPodAutoscaler"))
    workers = sum(each["spec"].get("replicas", 0) for each in cluster.of_kind("Deployment"))
    assert {each["spec"]["strategy"]["rollingUpdate"]["maxSurge"] for each in cluster.of_kind("Deployment")} == {1}
    steady = apis * OF_AN_API + workers * OF_A_WORKER
    most = steady + len(SERVICES) * (OF_AN_API + OF_A_WORKER) + 2
    assert f"| {overlay.name} | {apis} | {workers} | {steady} | {most} |" in GUIDE
    assert f"An API opens at most {OF_AN_API} connections to PostgreSQL, a worker {OF_A_WORKER} " in GUIDE
    assert f"its eight processes need {len(SERVICES) * (OF_AN_API + OF_A_WORKER)}" in GUIDE


def test_an_api_is_not_scaled_before_it_is_busy() -> None:
    for each in Cluster(build(K8S / "base")).of_kind("Deployment"):
        (container,) = containers_of(each)
        wanted = "700m" if each["metadata"]["name"].endswith("-api") else "200m"
        assert container["resources"]["requests"]["cpu"] == wanted
