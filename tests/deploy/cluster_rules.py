"""What the schemas of Kubernetes let through: words that only a cluster or a controller would refuse or pass over."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from shared.database.databases import SERVICES
from tests.deploy.manifests import Cluster, Document, build, containers_of, documents, overlays

COMPONENTS = {"api", "worker", "migrate", "topics", "acls", "recover"}
QUANTITY = r"\d+(\.\d+)?m?"
BYTES = r"\d+(Ki|Mi|Gi)"
SHAPES = {
    "policyTypes": r"\['Ingress', 'Egress'\]|\['Ingress'\]|\['Egress'\]",
    "pathType": "Prefix",
    "restartPolicy": "Always|Never",
    "protocol": "TCP|UDP",
    "appProtocol": "http",
    "operator": "In",
    "topologyKey": r"kubernetes\.io/hostname|topology\.kubernetes\.io/zone",
    "whenUnsatisfiable": "ScheduleAnyway",
    "medium": "Memory",
    "sizeLimit": BYTES,
    "cpu": QUANTITY,
    "memory": BYTES,
    "ingressClassName": r"[a-z-]+",
    "seccompProfile": r"\{'type': 'RuntimeDefault'\}",
    "target": r"\{'type': 'Utilization', 'averageUtilization': \d+\}",
    "mountPath": "/run/secrets|/tmp",
    "drop": r"\['ALL'\]",
}
LABELS = {
    "app.kubernetes.io/part-of": "rongcuo",
    "app.kubernetes.io/name": "|".join((*SERVICES, *COMPONENTS, "preparation")),
    "app.kubernetes.io/component": "|".join(COMPONENTS),
    "stage": "prepare|serve",
    "k8s-app": "kube-dns",
    "kubernetes.io/metadata.name": r"[a-z0-9-]+",
    "pod-security.kubernetes.io/enforce": "privileged|baseline|restricted",
}
ANNOTATIONS = {
    "nginx.ingress.kubernetes.io/proxy-buffering": "on|off",
    "nginx.ingress.kubernetes.io/proxy-body-size": r"\d+m",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": r"\d+",
    "nginx.ingress.kubernetes.io/enable-access-log": "false",
}


def wrong(root: Path) -> Iterator[str]:
    """Yield what each overlay below `root` says that no cluster knows."""
    examples = documents(root / "deploy/k8s/secrets.example.yaml")
    operations = [each for path in (root / "deploy/k8s/operations").glob("*.yaml") for each in documents(path)]
    for folder in overlays(root / "deploy/k8s"):
        cluster = Cluster(build(folder))
        found = [_words([*cluster.documents, *operations]), _namespaces(cluster), _ports(cluster, examples)]
        yield from (f"{folder.name}: {each}" for part in found for each in part)


def _words(value: Any) -> Iterator[str]:
    """Judge every key of a table above, at any depth."""
    for member in value if isinstance(value, list) else []:
        yield from _words(member)
    for key, member in value.items() if isinstance(value, dict) else []:
        if key in SHAPES and not re.fullmatch(SHAPES[key], str(member)):
            yield f"{key}: {member}"
        if key == "cidr":
            yield from _network(member)
        if key in ("labels", "matchLabels", "selector", "annotations") and "matchLabels" not in member:
            yield from _labels(member, ANNOTATIONS if key == "annotations" else LABELS)
        if key == "key" and "values" in value:
            yield from (text for each in value["values"] for text in _labels({member: each}, LABELS))
        yield from _words(member)


def _labels(labels: dict[str, str], known: dict[str, str]) -> Iterator[str]:
    yield from (f"{name}: {text}" for name, text in labels.items() if not re.fullmatch(known.get(name, "(?!)"), text))


def _network(cidr: str) -> Iterator[str]:
    try:
        ip_network(cidr)
    except ValueError as error:
        yield str(error)


def _namespaces(cluster: Cluster) -> Iterator[str]:
    """Judge the namespace: the one that is made is the one in which everything is."""
    meant = {each["metadata"]["namespace"] for each in cluster.documents if each["kind"] != "Namespace"}
    if meant != cluster.names("Namespace"):
        yield f"{meant} in {cluster.names('Namespace')}"
    for policy in cluster.of_kind("NetworkPolicy"):
        for rule in policy["spec"].get("egress", []):
            for peer in rule["to"]:
                if "podSelector" in peer and peer["namespaceSelector"]["matchLabels"] != {
                    "kubernetes.io/metadata.name": "kube-system"
                }:
                    yield f"{peer}: names are told in kube-system"


def _ports(cluster: Cluster, examples: list[Document]) -> Iterator[str]:
    """Judge what the policies let through: the ports of the names, of Kafka, of PostgreSQL, of our containers."""
    (kafka,) = (each["data"] for each in cluster.of_kind("ConfigMap") if "RONGCUO_KAFKA" in each["data"])
    dsns = re.findall(r"@[^/:]+(?::(\d+))?/", str(examples))
    containers = [each for workload in cluster.of_kind("Deployment") for each in containers_of(workload)]
    expected = {
        "nothing": set(),
        "names": {53},
        "kafka": {int(kafka["RONGCUO_KAFKA"].rpartition(":")[2])},
        "postgres": {int(port or 5432) for port in dsns},
        "callers": {port["containerPort"] for each in containers for port in each["ports"]},
    }
    for policy in cluster.of_kind("NetworkPolicy"):
        rules = [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]
        let_through = {port["port"] for rule in rules for port in rule["ports"]}
        if let_through != expected[policy["metadata"]["name"]]:
            yield f"{policy['metadata']['name']}: {let_through}, not {expected[policy['metadata']['name']]}"
