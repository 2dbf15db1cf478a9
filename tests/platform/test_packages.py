"""The packages: what pyproject.toml pins stands in the lock files, with digests and without a place."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
DEVELOPMENT = [*GROUPS["build"], *(each for each in GROUPS["dev"] if isinstance(each, str))]
LOCKS = ["requirements.lock", "deploy/image/runtime.lock", "deploy/image/build.lock"]


def pins(packages: Sequence[str]) -> set[str]:
    """Return `name==version` of requirements."""
    return {re.sub(r"\[.*?\]", "", each.split(";")[0]).strip().lower() for each in packages}


def locked(name: str) -> set[str]:
    """Return `name==version` of everything in a lock file."""
    return set(re.findall(r"^([a-z0-9._-]+==[^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_lock_file_holds_the_versions_of_the_project_file() -> None:
    project, embedded = PROJECT["project"], PROJECT["project"]["optional-dependencies"]["embedded"]
    wanted = pins([*project["dependencies"], *embedded, *DEVELOPMENT])
    assert wanted - locked("requirements.lock") == set(), "run `make lock`"


def test_the_lock_files_of_the_image_are_what_builds_and_what_serves() -> None:
    assert pins(GROUPS["build"]) <= locked("deploy/image/build.lock") <= locked("requirements.lock"), "run `make lock`"
    runtime = locked("deploy/image/runtime.lock")
    assert pins(PROJECT["project"]["dependencies"]) - runtime == set(), "run `make lock`"
    assert runtime - locked("requirements.lock") == set(), "run `make lock`"
    others = [*PROJECT["project"]["optional-dependencies"]["embedded"], *DEVELOPMENT]
    assert pins(others) & runtime == set()


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_digest_and_none_a_place(name: str) -> None:
    lock = (ROOT / name).read_text()
    packages = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert len(packages) > 3
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in lock
