"""`make check` sees a typing error in each file of the deployment."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.validate import ROOT, VALIDATORS, main

FILES = ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "docker-compose.yml", "deploy")
PROGRAM = ("shared", "services", "rongcuo", "bench")  # copied by the image, or not; never written to
TYPOS = [
    ("Dockerfile", "Dockerfile", "FROM python:3.13-slim-trixie AS build", "FORM python:3.13-slim-trixie AS build"),
    ("Dockerfile", "Dockerfile", "COPY --from=build", "COPY --from=biuld"),
    ("Dockerfile", "Dockerfile", "USER 10001:10001\n", "USER root\n"),
    ("docker-compose.yml", "docker-compose.yml", "cap_drop:", "cap_dorp:"),
    ("docker-compose.yml", "docker-compose.yml", "condition: service_healthy", "condition: service_helathy"),
    ("docker-compose.yml", "docker-compose.yml", "  read_only: true\n", "  read_only: true\n  read_only: true\n"),
    ("docker-compose.yml", "docker-compose.yml", "<<: *limits", "<<: *limit"),
    ("deploy/k8s", "deploy/k8s/base/intake.yaml", "readOnlyRootFilesystem:", "readonlyRootFilesystem:"),
    ("deploy/k8s", "deploy/k8s/base/archive.yaml", "kind: Deployment", "kind: Deploymnet"),
    ("deploy/k8s", "deploy/k8s/base/network.yaml", "protocol: TCP, port: 5432", "protocol: TCP, prot: 5432"),
    ("deploy/k8s", "deploy/k8s/base/kustomization.yaml", "network.yaml", "netwrok.yaml"),
    ("deploy/k8s", "deploy/k8s/overlays/production/kustomization.yaml", "/spec/minReplicas", "/spec/minReplica"),
    ("deploy/k8s", "deploy/k8s/overlays/staging/kustomization.yaml", "name: intake-worker", "name: intake-wroker"),
    ("deploy/k8s", "deploy/k8s/overlays/staging/kustomization.yaml", "name: rongcuo\n", "name: rongcou\n"),
    ("deploy/k8s", "deploy/k8s/secrets.example.yaml", "stringData:", "stringdata:"),
    ("deploy/entrance/Caddyfile", "deploy/entrance/Caddyfile", "flush_interval", "flush_intervall"),
    (
        "deploy/entrance/Caddyfile",
        "deploy/entrance/Caddyfile",
        "import service {$ARCHIVE}",
        "import servcie {$ARCHIVE}",
    ),
]
NAMES = [
    ("Dockerfile", 'ENTRYPOINT ["rongcuo"]', 'ENTRYPOINT ["rongcou"]'),
    ("Dockerfile", '"rongcuo.healthy"', '"rongcuo.helathy"'),
    ("Dockerfile", "COPY services services", "COPY servcies services"),
    ("Dockerfile", "deploy/kafka/acls.csv", "deploy/kafka/acsl.csv"),
    ("Dockerfile", "-r runtime.lock", "-r rutnime.lock"),
    ("Dockerfile", "RONGCUO_HOST=", "RONGCUO_HSOT="),
    ("Dockerfile", "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGTREM"),
    ("Dockerfile", "--require-hashes", "--requir-hashes"),
    ("Dockerfile", "FROM python:3.13-slim-trixie\n", "FROM python:3.31-slim-trixie\n"),
    ("docker-compose.yml", "networks: [inside]\n    shm", "networks: [insdie]\n    shm"),
    ("docker-compose.yml", "networks: [inside, outside]", "networks: [inside, outsdie]"),
    ("docker-compose.yml", "POSTGRES_PASSWORD_FILE", "POSTGRES_PASSWORD_FIEL"),
    ("docker-compose.yml", "/run/secrets/postgres_password", "/run/secrets/postgres_pasword"),
    ("docker-compose.yml", "pg_isready", "pg_israedy"),
    ("docker-compose.yml", "RONGCUO_KAFKA: kafka:9092", "RONGCUO_KAFKA: kafka:9902"),
    ("docker-compose.yml", "RONGCUO_KAFKA_USERNAME: intake", "RONGCUO_KAFKA_USERNAME: intkae"),
    ("docker-compose.yml", "RONGCUO_KAFKA_USERNAME: intake", "RONGCUO_KAFKA_USERNAME: archive"),
    ("docker-compose.yml", "memory: 512M", "memory: 512Q"),
    ("docker-compose.yml", "ENTRANCE_HEALTH: 127.0.0.1:8081", "ENTRANCE_HEALTH: 127.0.0.1:8082"),
    ("docker-compose.yml", "/var/lib/kafka/data", "/var/lib/kakfa/data"),
    (
        "docker-compose.yml",
        "format.sh /etc/rongcuo/secured.properties &&",
        "fromat.sh /etc/rongcuo/secured.properties &&",
    ),
    ("docker-compose.yml", '"${ENTRANCE_PORT:-8443}:8443"', '"${ENTRANCE_PORT:-8443}:8434"'),
    ("docker-compose.yml", "internal: true", "internal: treu"),
    ("docker-compose.yml", "user: postgres", "user: postgers"),
    ("deploy/k8s/base/network.yaml", "k8s-app: kube-dns", "k8s-app: kube-dsn"),
    ("deploy/k8s/base/network.yaml", "kubernetes.io/metadata.name: ingress", "kubernetes.io/metdata.name: ingress"),
    ("deploy/k8s/base/network.yaml", "port: 9092", "port: 9902"),
    ("deploy/k8s/base/network.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingres, Egress]"),
    ("deploy/k8s/overlays/production/kustomization.yaml", "10.10.1.0/24", "10.10.1.0/42"),
    ("deploy/k8s/base/ingress.yaml", "pathType: Prefix", "pathType: Perfix"),
    ("deploy/k8s/base/ingress.yaml", "proxy-buffering", "proxy-bufering"),
    ("deploy/k8s/base/preparation.yaml", "restartPolicy: Never", "restartPolicy: Nevre"),
    ("deploy/k8s/overlays/production/namespace.yaml", "enforce: restricted", "enforce: restrictde"),
    ("deploy/k8s/overlays/production/namespace.yaml", "name: rongcuo\n", "name: rongcou\n"),
    ("deploy/kafka/acls.csv", "rongcuo.intake.v1,Write", "rongcuo.intkae.v1,Write"),
    ("deploy/kafka/secured.properties", "allow.everyone.if.no.acl.found", "allow.everyone.if.no.acl.fuond"),
    ("Dockerfile", "COPY shared shared", "COPY bench bench"),
    ("Dockerfile", "--no-create-home", "--no-craete-home"),
    ("docker-compose.yml", "restart: unless-stopped", "restart: unles-stopped"),
    ("docker-compose.yml", "{source: kafka_intake_password,", "{source: kafka_archive_password,"),
    ("docker-compose.yml", "http://127.0.0.1:8081/", "http://127.0.0.1:8082/"),
    ("deploy/kafka/secured.properties", "BROKER://kafka:9092", "BROKER://kafak:9092"),
    ("deploy/kafka/acls.csv", "User:notification,group", "User:notificaton,group"),
    ("deploy/k8s/base/archive.yaml", "sizeLimit: 16Mi", "sizeLimit: 16Mb"),
    ("deploy/k8s/base/network.yaml", "values: [api, worker, migrate", "values: [api, wroker, migrate"),
    ("deploy/k8s/base/network.yaml", "name: kube-system", "name: kube-sytem"),
    ("deploy/k8s/operations/recover.yaml", "restartPolicy: Never", "restartPolicy: Nevre"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the files of the deployment."""
    for name in FILES:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target)
        else:
            shutil.copyfile(ROOT / name, target)
    for name in PROGRAM:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def test_the_files_as_they_are_pass(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(copy) == 0, capsys.readouterr().out


@pytest.mark.parametrize(("validator", "name", "right", "wrong"), TYPOS)
def test_a_typing_error_is_seen(copy: Path, validator: str, name: str, right: str, wrong: str) -> None:
    text = (copy / name).read_text()
    assert right in text
    (copy / name).write_text(text.replace(right, wrong, 1))
    assert VALIDATORS[validator](copy) != ""


@pytest.mark.parametrize(("name", "right", "wrong"), NAMES)
def test_a_name_or_value_that_nobody_knows_is_seen(copy: Path, name: str, right: str, wrong: str) -> None:
    text = (copy / name).read_text()
    assert right in text
    (copy / name).write_text(text.replace(right, wrong, 1))
    assert VALIDATORS["names"](copy) != ""


def test_each_kind_of_file_has_its_typing_errors() -> None:
    assert {validator for validator, *_ in TYPOS} | {"names"} == set(VALIDATORS)
    files = {name.split("/")[-1] for name, *_ in NAMES}
    assert files >= {"Dockerfile", "docker-compose.yml", "network.yaml", "secured.properties", "acls.csv"}


def test_whoever_validates_all_of_it_is_told_which_file_is_wrong(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "Dockerfile").write_text("FORM python\n")
    assert main(copy) == 1
    assert capsys.readouterr().out.startswith("Dockerfile:\n")


def test_make_check_validates() -> None:
    make = shutil.which("make")
    assert make
    told = subprocess.run([make, "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".venv/bin/python -m tests.deploy.validate" in told.splitlines()
