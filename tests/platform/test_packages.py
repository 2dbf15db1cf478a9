"""The packages: what pyproject.toml pins stands in requirements.lock, with digests and without a place."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def test_the_lock_file_holds_the_versions_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    pins = {re.sub(r"\[.*?\]", "", each.split(";")[0]).strip().lower() for each in wanted}
    locked = set(re.findall(r"^([a-z0-9._-]+==[^ ;\\]+)", LOCK, re.MULTILINE))
    assert pins - locked == set(), "run `make lock`"


def test_every_package_has_a_digest_and_none_a_place() -> None:
    packages = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(packages) > 50
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in LOCK
