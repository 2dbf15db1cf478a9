"""The Python client: openapi-python-client in an environment of its own, for its pins are not ours."""

import json
import shutil
import subprocess
from pathlib import Path

from sdk.documents import BUILD, ROOT, Document

PYTHON = ROOT / ".venv-sdk" / "bin" / "python"
PACKAGE = "rongcuo_client"
_SETTINGS = {"project_name_override": "rongcuo-client", "package_name_override": PACKAGE, "post_hooks": []}
_PATIENCE_S = 120


class GenerationFailed(RuntimeError):
    """A generator refused the document or left something out; the message is its own."""


def generate_python(document: Document, into: Path = BUILD / "python") -> Path:
    """Generate the package `rongcuo_client` and return the directory that it lies in; raises GenerationFailed."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    source, settings = into / "openapi.json", into / "settings.json"
    source.write_text(json.dumps(document, ensure_ascii=False))
    settings.write_text(json.dumps(_SETTINGS))
    options: list[str | Path] = [
        "--path",
        source,
        "--config",
        settings,
        "--meta",
        "none",
        "--output-path",
        into / PACKAGE,
    ]
    command: list[str | Path] = [PYTHON, "-m", "openapi_python_client", "generate", "--fail-on-warning", *options]
    said = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if said.returncode:
        raise GenerationFailed(said.stdout + said.stderr)
    return into
