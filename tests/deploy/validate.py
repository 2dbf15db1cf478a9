"""`python -m tests.deploy.validate`: every file of the deployment is what the program that reads it takes.

hadolint for the Dockerfile, compose-spec for docker-compose.yml, the schemas of Kubernetes (strict) for what the base
and each overlay build, Caddy itself for the Caddyfile, and rules of ours for the names in all of them. No container
engine and no cluster is needed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import kubernetes_validate
import yaml

from rongcuo.certificates import Authority
from tests.deploy import cluster_rules, compose_rules, image_rules, kafka_rules
from tests.deploy.manifests import Unbuildable, build, documents, overlays

ROOT = Path(__file__).parents[2]
KUBERNETES = "1.33"
Validator = Callable[[Path], str]


def main(root: Path = ROOT) -> int:
    """Validate the files below `root`; return 1 and print what is wrong if anything is."""
    wrong = {name: said for name, validator in VALIDATORS.items() if (said := validator(root))}
    for name, said in wrong.items():
        print(f"{name}:\n{said}")
    return int(bool(wrong))


def dockerfile(root: Path) -> str:
    """Return what hadolint says."""
    return _said("hadolint", str(root / "Dockerfile"))


def compose(root: Path) -> str:
    """Return what the compose specification says, and first what YAML says."""
    try:
        documents(root / "docker-compose.yml")
    except yaml.YAMLError as error:
        return str(error)
    return _said("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(root / "docker-compose.yml"))


def kubernetes(root: Path) -> str:
    """Return what the schemas of Kubernetes say of everything that is built, and of the examples."""
    folder = root / "deploy/k8s"
    try:
        built = [document for overlay in overlays(folder) for document in build(overlay)]
        for path in [folder / "secrets.example.yaml", *sorted((folder / "operations").glob("*.yaml"))]:
            built += documents(path)
    except (Unbuildable, yaml.YAMLError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return "\n".join(filter(None, (_schema_says(json.dumps(document)) for document in built)))


_BEHIND = ("INTAKE", "ADJUDICATION", "ARCHIVE", "NOTIFICATION", "KEYCLOAK")


def caddyfile(root: Path) -> str:
    """Return what Caddy says when it is to run with it."""
    with tempfile.TemporaryDirectory() as place:
        certificate = Path(place) / "entrance.pem"
        certificate.write_text("".join(Authority.new().certify(["localhost"])))
        settings = {name: f"{name.lower()}:8080" for name in _BEHIND}
        settings |= dict.fromkeys(("ENTRANCE_CERTIFICATE", "ENTRANCE_KEY"), str(certificate))
        settings |= {"ENTRANCE_PORT": "8443", "ENTRANCE_HEALTH": "127.0.0.1:8081"}
        config = str(root / "deploy/entrance/Caddyfile")
        return _said("caddy", "validate", "--adapter", "caddyfile", "--config", config, **settings)


def names(root: Path) -> str:
    """Return which names and values the other validators let through although nobody knows them."""
    rules = (image_rules, compose_rules, kafka_rules, cluster_rules)
    try:
        return "\n".join(each for rule in rules for each in rule.wrong(root))
    except (Unbuildable, yaml.YAMLError, KeyError) as error:
        return f"{type(error).__name__}: {error}"


VALIDATORS: Mapping[str, Validator] = {
    "Dockerfile": dockerfile,
    "docker-compose.yml": compose,
    "deploy/k8s": kubernetes,
    "deploy/entrance/Caddyfile": caddyfile,
    "names": names,
}


def program(name: str) -> str:
    """Return the path of a program that came with a package of the development group."""
    return str(Path(sys.executable).with_name(name))


def _said(name: str, *arguments: str, **settings: str) -> str:
    """Return what a program printed when it failed; nothing when it did not."""
    done = subprocess.run(
        [program(name), *arguments],
        env={**os.environ, **settings},  # noqa: TID251 - handed on
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return (done.stdout + done.stderr or f"exit code {done.returncode}") if done.returncode else ""


@cache
def _schema_says(written: str) -> str:
    """Return what the schema says of a document (JSON); most of two overlays is the same."""
    document = json.loads(written)
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return f"{document.get('kind')} {document.get('metadata', {}).get('name')}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
