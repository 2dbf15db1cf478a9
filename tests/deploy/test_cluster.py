"""The manifests of Kubernetes agree with one another: keys, selectors, ports, policies, and the four services."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from shared.database.databases import SERVICES
from shared.hosting.installation import VERSION
from shared.settings import Settings
from tests.deploy import cluster_rules
from tests.deploy.manifests import Cluster, Document, build, containers_of, documents, overlays, pods, projected
from tests.deploy.validate import ROOT, kubernetes

K8S = ROOT / "deploy/k8s"
CLUSTER = Cluster(build(K8S / "base"))
EXAMPLES = documents(K8S / "secrets.example.yaml")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
WORKLOADS = CLUSTER.of_kind("Deployment", "Job")


def test_every_key_that_is_referred_to_is_in_the_examples_and_every_example_is_used() -> None:
    referred = {(kind, name, item["key"]) for each in WORKLOADS for kind, name, item in projected(each)}
    referred |= {
        ("Secret", each["secretName"], key)
        for ingress in CLUSTER.of_kind("Ingress")
        for each in ingress["spec"]["tls"]
        for key in ("tls.crt", "tls.key")
    }
    held = {
        (each["kind"], each["metadata"]["name"], key)
        for each in EXAMPLES
        for key in (each.get("stringData") or each["data"])
    }
    assert referred == held
    assert {name for kind, name, _ in held if kind == "Secret"} & CLUSTER.names("Secret") == set()


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each["metadata"]["name"])
def test_every_pod_is_confined(workload: Document) -> None:
    spec = pods(workload)["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    account = f"{spec['securityContext']['runAsUser']}:{spec['securityContext']['runAsGroup']}"
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == [account]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] in CLUSTER.names("ServiceAccount")
    for container in containers_of(workload):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]) == {"requests", "limits"}
    mounted = {mount["name"] for container in containers_of(workload) for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}


@pytest.mark.parametrize(
    "selecting",
    CLUSTER.of_kind("Deployment", "Service", "PodDisruptionBudget"),
    ids=lambda each: each["metadata"]["name"],
)
def test_every_selector_finds_exactly_one_deployment(selecting: Document) -> None:
    selector = selecting["spec"]["selector"]
    wanted = selector.get("matchLabels", selector).items()
    found = [each for each in CLUSTER.of_kind("Deployment") if wanted <= pods(each)["metadata"]["labels"].items()]
    assert len(found) == 1
    if selecting["kind"] != "Service":
        assert found[0]["metadata"]["name"] == selecting["metadata"]["name"]
    for spread in pods(found[0])["spec"]["topologySpreadConstraints"]:
        assert spread["labelSelector"]["matchLabels"].items() <= pods(found[0])["metadata"]["labels"].items()


def test_every_policy_finds_a_pod_and_every_pod_its_servers() -> None:
    reached: dict[str, set[str]] = {}
    for policy in CLUSTER.of_kind("NetworkPolicy"):
        found = [each for each in WORKLOADS if _selects(policy["spec"]["podSelector"], each)]
        assert found
        reached[policy["metadata"]["name"]] = {each["metadata"]["name"] for each in found}
    serving = CLUSTER.names("Deployment")
    assert reached["nothing"] == reached["names"] == CLUSTER.names("Deployment", "Job")
    assert reached["postgres"] == serving | {"migrate"}
    assert reached["kafka"] == serving | CLUSTER.names("Job") - {"migrate"}
    assert reached["callers"] == {name for name in serving if name.endswith("-api")}


def test_ports_agree_from_the_ingress_to_the_container() -> None:
    services = {each["metadata"]["name"]: each["spec"]["ports"] for each in CLUSTER.of_kind("Service")}
    (ingress,) = CLUSTER.of_kind("Ingress")
    backends = {path["path"]: path["backend"] for path in ingress["spec"]["rules"][0]["http"]["paths"]}
    assert {path: backend["service"]["name"] for path, backend in backends.items()} == {
        "/" if name == "intake" else f"/{name}": name for name in SERVICES
    }
    for backend in backends.values():
        (port,) = services[backend["service"]["name"]]
        assert (port["name"], port["targetPort"]) == (backend["service"]["port"]["name"], "http")
    exposed = int(re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[0])
    for each in CLUSTER.of_kind("Deployment"):
        (container,) = containers_of(each)
        assert container["ports"] == [{"name": "http", "containerPort": exposed}]
        probed = {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "liveness", "readiness")}
        assert probed == {"http"}
    assert Settings.model_fields["port"].default == exposed


def test_every_autoscaler_has_its_deployment_which_counts_no_replicas_itself() -> None:
    deployments = {each["metadata"]["name"]: each for each in CLUSTER.of_kind("Deployment")}
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in CLUSTER.of_kind("HorizontalPodAutoscaler")}
    assert scaled == {name for name, each in deployments.items() if "replicas" not in each["spec"]}


def test_the_files_of_the_services_differ_in_the_name_only() -> None:
    texts = {name: (K8S / f"base/{name}.yaml").read_text() for name in SERVICES}
    assert {text.replace(name, "intake") for name, text in texts.items()} == {texts["intake"]}


def test_everything_belongs_to_a_stage_of_an_upgrade() -> None:
    stages = {(each["kind"], each["metadata"]["labels"]["stage"]) for each in build(K8S / "overlays/production")}
    assert {kind for kind, stage in stages if stage == "prepare"} >= {"Namespace", "ConfigMap", "Job"}
    assert {kind for kind, stage in stages if stage == "serve"} >= {"Deployment", "Service", "Ingress"}
    assert {stage for _, stage in stages} == {"prepare", "serve"}


@pytest.mark.parametrize("overlay", overlays(K8S), ids=lambda each: each.name)
def test_an_overlay_leaves_nothing_of_the_examples_of_the_base(overlay: Path) -> None:
    built = build(overlay)
    assert "invalid" not in str(built)
    assert "192.0.2." not in str(built)
    images = {container["image"].rpartition("/")[2] for each in built for container in containers_of(each)}
    assert len(images) == 1
    assert re.fullmatch(rf"rongcuo(:{re.escape(VERSION)}|@sha256:[0-9a-f]{{64}})", *images)


@pytest.mark.parametrize("pin", [f"newTag: {VERSION}", f"digest: sha256:{'0' * 64}"])
def test_an_integrators_own_overlay_is_validated_whichever_way_it_pins_the_image(tmp_path: Path, pin: str) -> None:
    shutil.copytree(K8S, tmp_path / "deploy/k8s")
    own = tmp_path / "deploy/k8s/overlays/county"
    shutil.copytree(K8S / "overlays/production", own)
    settings = (own / "kustomization.yaml").read_text().replace(f"newTag: {VERSION}", pin)
    (own / "kustomization.yaml").write_text(settings)
    assert kubernetes(tmp_path) == "\n".join(cluster_rules.wrong(tmp_path)) == ""
    (own / "kustomization.yaml").write_text(settings.replace("10.10.1.0/24", "10.10.1.0/42"))
    assert "".join(cluster_rules.wrong(tmp_path)).startswith("county: ")
    (own / "kustomization.yaml").write_text(settings.replace(pin, ""))
    assert "newTag" in kubernetes(tmp_path)


def _selects(selector: Any, workload: Document) -> bool:
    labels = pods(workload)["metadata"]["labels"]
    expressions = selector.get("matchExpressions", [])
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )
