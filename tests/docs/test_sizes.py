"""No file grows into the one that takes everything."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 300


def tracked(*patterns: str) -> list[Path]:
    """Return the tracked and new files that match, as paths below the checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_source_file_has_more_than_300_lines() -> None:
    long = {
        str(path): lines
        for path in tracked("*.py", "*.sql", "*.sh", "Makefile")
        if (lines := len((ROOT / path).read_text().splitlines())) > LIMIT
    }
    assert long == {}


def test_every_module_begins_with_a_sentence_of_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in tracked("shared/*.py", "services/*.py", "rongcuo/*.py", "tests/*.py")
        if (text := (ROOT / path).read_text().strip()) and not text.startswith('"""')
    ]
    assert silent == []


def test_nobody_is_called_utils() -> None:
    vague = {"utils", "helpers", "manager", "common", "base", "impl", "misc"}
    ours = [path for path in tracked("*") if not path.is_relative_to("deploy/k8s")]  # kustomize says base
    assert [str(path) for path in ours if vague & set(path.with_suffix("").parts)] == []
