"""The Job `recover` as an operator makes it of the file, with the command that stands in the guide."""

import re
import subprocess

import yaml

from tests.deploy.manifests import Document
from tests.deploy.validate import ROOT

GUIDE = (ROOT / "docs/deploy.md").read_text()


def recovery(service: str) -> Document:
    """Return the Job as the guide has it written for a service."""
    (written,) = re.findall(r'sed "(.+)" deploy/k8s/operations/recover\.yaml', GUIDE)
    command = ["sed", written.replace("SERVICE", service), ROOT / "deploy/k8s/operations/recover.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    job: Document = yaml.safe_load(done.stdout)
    return job
