"""Plants each `*.patch` of this folder in a copy of the tree and expects the tests of its first line to turn red.

The first line of a patch is `# red: <pytest node id> …`, and each of these has to fail: a patch that does not apply, a
test that is not found and a test that stays green are all errors of the suite.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.servers import postgres_server

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
HEADER = "# red: "
CAUGHT = "caught"
TESTS_FAILED = 1  # pytest's exit code; 2 and above: interrupted, internal error, usage, nothing collected


def main() -> int:
    """Try every patch; return 0 when each was caught."""
    table = Table("patch", "expected red", "outcome", title="planted mistakes")
    with postgres_server() as server:
        environment = {**os.environ, "RONGCUO_TEST_DSN": server.dsn}  # noqa: TID251 - handed on
        outcomes = {patch: outcome_of(patch, environment) for patch in sorted(FOLDER.glob("*.patch"))}
    for patch, outcome in outcomes.items():
        table.add_row(patch.stem, "\n".join(tests_of(patch)), outcome)
    Console().print(table)
    return int(any(outcome != CAUGHT for outcome in outcomes.values()))


def tests_of(patch: Path) -> list[str]:
    """Return the node ids of the patch's first line."""
    first = patch.read_text().split("\n", 1)[0]
    return first.removeprefix(HEADER).split() if first.startswith(HEADER) else []


def outcome_of(patch: Path, environment: Mapping[str, str]) -> str:
    """Return "caught", or why the patch proves nothing."""
    if not tests_of(patch):
        return f"first line is not `{HEADER}<test>`"
    with tempfile.TemporaryDirectory(prefix="rongcuo-planted-") as copy:
        copy_tree(Path(copy))
        if subprocess.run(["git", "apply", str(patch)], cwd=copy, check=False).returncode != 0:
            return "does not apply"
        outcomes = [_outcome_of_test(test, Path(copy), environment) for test in tests_of(patch)]
    return next((outcome for outcome in outcomes if outcome != CAUGHT), CAUGHT)


def _outcome_of_test(test: str, copy: Path, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    run = subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, text=True)
    if run.returncode == TESTS_FAILED:
        return CAUGHT
    return (
        f"{test} stays green" if run.returncode == 0 else f"no verdict (pytest {run.returncode})\n{run.stdout[-500:]}"
    )


def copy_tree(target: Path) -> None:
    """Copy the tracked and new files of the checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


if __name__ == "__main__":
    sys.exit(main())
