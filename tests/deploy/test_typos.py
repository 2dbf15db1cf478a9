"""`make check` sees a typing error in each file of the deployment."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.validate import ROOT, VALIDATORS, main

FILES = ("Dockerfile", "docker-compose.yml", "deploy/k8s", "deploy/entrance")
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
    return tmp_path


def test_the_files_as_they_are_pass(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(copy) == 0, capsys.readouterr().out


@pytest.mark.parametrize(("validator", "name", "right", "wrong"), TYPOS)
def test_a_typing_error_is_seen(copy: Path, validator: str, name: str, right: str, wrong: str) -> None:
    text = (copy / name).read_text()
    assert right in text
    (copy / name).write_text(text.replace(right, wrong, 1))
    assert VALIDATORS[validator](copy) != ""


def test_each_kind_of_file_has_its_typing_errors() -> None:
    assert {validator for validator, *_ in TYPOS} == set(VALIDATORS)


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
