"""What the compose specification cannot know: whether the names in docker-compose.yml are those of one another.

For the foreign images a small table says what we use of them: variables, programs, accounts, places of data.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.database.databases import SERVICES
from tests.deploy.manifests import Compose, Document

FOREIGN: dict[str, dict[str, set[str]]] = {
    "postgres": {
        "variables": {"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"},
        "programs": {"postgres", "pg_isready"},
        "user": {"postgres"},
        "data": {"/var/lib/postgresql"},
    },
    "apache/kafka": {
        "variables": {"KAFKA_HEAP_OPTS", "KAFKA_LOG4J_OPTS", "EXTRA_ARGS", "LOG_DIR"},
        "programs": {"bash", "sh", "/opt/kafka/bin/kafka-server-start.sh", "/opt/kafka/config/tools-log4j2.yaml"},
        "user": {""},
        "data": {"/var/lib/kafka/data"},
    },
    "keycloak/keycloak": {
        "variables": {
            "KC_BOOTSTRAP_ADMIN_USERNAME",
            "KC_CACHE",
            "KC_DB",
            "KC_HOSTNAME",
            "KC_HTTP_ENABLED",
            "KC_HTTPS_CERTIFICATE_FILE",
            "KC_HTTPS_CERTIFICATE_KEY_FILE",
            "KC_PROXY_HEADERS",
        },
        "programs": {"bash", "sh", "/opt/keycloak/bin/kc.sh"},
        "user": {""},
        "data": {"/opt/keycloak/data"},
    },
    "caddy": {"variables": set(), "programs": {"caddy", "wget"}, "user": {"10001:10001"}, "data": set()},
}
VALUES = {
    "POSTGRES_INITDB_ARGS": r"--locale=C\.UTF-8 --auth-host=scram-sha-256",
    "KAFKA_HEAP_OPTS": r"-Xms\d+m -Xmx\d+m",
    "KAFKA_LOG4J_OPTS": r"-Dlog4j2\.configurationFile=\S+",
    "EXTRA_ARGS": r"-name \w+",
}
SHAPES = {
    "cpus": r"\d+(\.\d+)?",
    "memory": r"\d+[KMG]",
    "pids": r"\d+",
    "shm_size": r"\d+(kb|mb|gb)",
    **dict.fromkeys(("stop_grace_period", "interval", "timeout", "start_period"), r"\d+s"),
    "restart": "no|unless-stopped",
    **dict.fromkeys(("internal", "read_only"), "True|False"),
    "cap_drop": r"\['ALL'\]",
    "cap_add": r"\['NET_BIND_SERVICE'\]",
    "logging": r"\{'driver': 'local', 'options': \{'max-size': '\d+m', 'max-file': '\d+'\}\}",
    "profiles": r"\['(setup|keycloak)'\]",
}


def wrong(root: Path) -> Iterator[str]:
    """Yield what docker-compose.yml below `root` names and nobody has, and what cannot be a value."""
    compose = Compose.read(root / "docker-compose.yml")
    properties = _properties(root / "deploy/kafka/secured.properties")
    yield from (f"{key}: {value}" for key, value in _members(compose.content) if not _fits(key, value))
    for name, service in compose.services.items():
        image = service["image"].split(":")[0]
        found = [_networks(compose, service), _secrets(root, service), _mounts(root, service)]
        found.append(_foreign(service, FOREIGN[image]) if image in FOREIGN else _ours(root, service, properties))
        yield from (f"{name}: {each}" for part in found for each in part)
    yield from _servers(compose, properties)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, at any depth; variables and file names are no keys of the specification."""
    for member in value if isinstance(value, list) else []:
        yield from _members(member)
    for key, member in value.items() if isinstance(value, dict) else []:
        yield key, member
        if key not in ("environment", "secrets", "volumes"):
            yield from _members(member)


def _fits(key: str, value: Any) -> bool:
    return key not in SHAPES or re.fullmatch(SHAPES[key], str(value)) is not None


def _properties(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def _networks(compose: Compose, service: Document) -> Iterator[str]:
    yield from (f"network {each}" for each in set(service["networks"]) - set(compose.content["networks"]))


def _secrets(root: Path, service: Document) -> Iterator[str]:
    """Judge every file below /run/secrets that a container is told of, also by what is mounted into it."""
    given = {each if isinstance(each, str) else each["target"] for each in service.get("secrets", [])}
    texts = [*map(str, service.get("environment", {}).values()), *service["command"]]
    mounted = [root / each.split(":")[0] for each in service.get("volumes", []) if each.endswith(".properties:ro")]
    texts += ["\n".join(_properties(path).values()) for path in mounted]
    for text in texts:
        named = re.findall(r"/run/secrets/([\w.]+)", text) + re.findall(r"\$\{secrets:/run/secrets:(\w+)\}", text)
        yield from (f"/run/secrets/{each} is not given" for each in named if each not in given)


def _mounts(root: Path, service: Document) -> Iterator[str]:
    """Judge the files that a command names: each is mounted, or copied into our image."""
    inside = {each.split(":")[1] for each in service.get("volumes", [])}
    inside |= set(re.findall(r"^COPY deploy\S+ (/\S+)$", (root / "Dockerfile").read_text(), re.MULTILINE))
    words = " ".join(service["command"]).split()
    yield from (f"{word} is not mounted" for word in words if word.startswith("/etc/") and word not in inside)


def _foreign(service: Document, known: dict[str, set[str]]) -> Iterator[str]:
    """Judge what is asked of an image that is not ours."""
    environment = service.get("environment", {})
    named = {
        name for name in environment if not re.fullmatch(r"ENTRANCE_\w+|KEYCLOAK|" + "|".join(SERVICES).upper(), name)
    }
    yield from (f"variable {each}" for each in named - known["variables"])
    pairs = [(name, str(environment[name])) for name in named & set(VALUES)]
    yield from (f"{name}: {text}" for name, text in pairs if not re.fullmatch(VALUES[name], text))
    started = [(service.get("entrypoint") or service["command"])[0], service["healthcheck"]["test"][1]]
    words = " ".join([*service["command"], *map(str, environment.values())]).replace("=", " ").split()
    programs = {*started, *(word for word in words if word.startswith("/opt/"))}
    yield from (f"program {each}" for each in programs - known["programs"])
    if service.get("user", "") not in known["user"]:
        yield f"user {service['user']}"
    data = {each.split(":")[1] for each in service.get("volumes", []) if not each.startswith("./")}
    yield from (f"{each}: no place of data" for each in data ^ known["data"])


def _ours(root: Path, service: Document, properties: dict[str, str]) -> Iterator[str]:
    """Judge who a process of ours is to Kafka, where it looks for it, and whose password it has."""
    environment = service.get("environment", {})
    if "RONGCUO_KAFKA" not in environment:
        return
    user = service["command"][1] if service["command"][0] == "serve" else "admin"
    principals = properties["super.users"] + (root / "deploy/kafka/acls.csv").read_text()
    if environment["RONGCUO_KAFKA_USERNAME"] != user or f"User:{user}" not in principals:
        yield f"user {environment['RONGCUO_KAFKA_USERNAME']} of Kafka"
    if f"BROKER://{environment['RONGCUO_KAFKA']}" != properties["advertised.listeners"]:
        yield f"{environment['RONGCUO_KAFKA']}: the broker is {properties['advertised.listeners']}"
    passwords = [each["source"] for each in service["secrets"] if not isinstance(each, str)]
    if passwords != [f"kafka_{user}_password"]:
        yield f"{passwords} for {user}"


def _servers(compose: Compose, properties: dict[str, str]) -> Iterator[str]:
    """Judge the ports: what a server listens on is what is published and what its health check asks."""
    kafka, entrance = compose.services["kafka"], compose.services["entrance"]
    listener = properties["listeners"].split(",")[0]
    port = listener.rpartition(":")[2]
    if properties["advertised.listeners"] != f"BROKER://kafka:{port}":
        yield f"advertised.listeners: {listener}"
    if f"/127.0.0.1/{port}" not in kafka["healthcheck"]["test"][-1]:
        yield f"kafka: {kafka['healthcheck']['test']}, {listener}"
    if [properties["log.dirs"]] != [each.split(":")[1] for each in kafka["volumes"] if each.startswith("kafka:")]:
        yield f"kafka: log.dirs is {properties['log.dirs']}"
    if [each.split(":")[-1] for each in entrance["ports"]] != [entrance["environment"]["ENTRANCE_PORT"]]:
        yield f"entrance: {entrance['ports']}"
    if entrance["healthcheck"]["test"][-1] != f"http://{entrance['environment']['ENTRANCE_HEALTH']}/":
        yield f"entrance: {entrance['healthcheck']['test']}"
