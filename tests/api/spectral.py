"""Lints OpenAPI documents with Spectral (npm, on the Node.js of a wheel), by the rules in spectral.yaml."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.node import node, package

Json = dict[str, Any]
SPECTRAL = ("@stoplight/spectral-cli", "6.16.3")
RULES = Path(__file__).with_name("spectral.yaml")
_PATIENCE_S = 600


def lint(documents: Mapping[str, Json]) -> list[str]:
    """Return what Spectral finds in the documents, one line each; nothing is fetched once it is installed."""
    program = package(*SPECTRAL) / "dist" / "index.js"
    with TemporaryDirectory() as place:
        paths = [_written(Path(place) / f"{name}.json", document) for name, document in documents.items()]
        report = Path(place) / "report"
        command = [node(), str(program), "lint", "--ruleset", str(RULES), "--fail-severity", "hint"]
        command += ["--format", "json", "--output", str(report), "--quiet", *paths]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_PATIENCE_S)
        if not report.is_file():
            raise RuntimeError(f"spectral did not lint: {ended.stdout}{ended.stderr}")
        return [_line(found) for found in json.loads(report.read_text())]


def _written(path: Path, document: Json) -> str:
    path.write_text(json.dumps(document, ensure_ascii=False))
    return str(path)


def _line(found: Json) -> str:
    return f"{Path(found['source']).stem} {'.'.join(map(str, found['path']))}: {found['code']}: {found['message']}"
