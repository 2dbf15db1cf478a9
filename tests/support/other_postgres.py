"""Runs the tests that hold SQL once more on every other PostgreSQL (≥ 15) that is installed on this machine."""

import re
import subprocess
import sys
from pathlib import Path

OLDEST = 15
SUITES = ("tests/platform/test_provision.py", "tests/platform/test_migrate.py", "tests/eventstore", "tests/messaging")
PLACES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin", "usr/local/pgsql/bin")


def main() -> int:
    """Run the suites on each server found; return 0 when all passed, or when there is none."""
    found = [place for pattern in PLACES for place in sorted(Path("/").glob(pattern)) if version_of(place) >= OLDEST]
    if not found:
        print(f"no other PostgreSQL >= {OLDEST} is installed: the SQL tests ran on the embedded one only")
    return max((run_on(place) for place in found), default=0)


def version_of(place: Path) -> int:
    """Return the major version of the server in `place`, 0 if there is none."""
    if not (place / "initdb").is_file() or not (place / "postgres").is_file():
        return 0
    said = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)(\.\d+|\w+)?\b", said)
    return int(found[1]) if found else 0


def run_on(place: Path) -> int:
    """Run the suites on the server in `place`; return pytest's exit code."""
    suites = [suite for suite in SUITES if Path(suite).exists()]
    print(f"SQL tests once more, on PostgreSQL {version_of(place)} of {place}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", f"--postgres-bin={place}", *suites]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
