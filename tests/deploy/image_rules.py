"""What hadolint cannot know of the Dockerfile: whether the names in it are those of this tree, of pip and of Python."""

import re
import signal
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

from shared.settings import Settings, variable

BASE = r"python:3\.1[1-4]-slim-(bookworm|trixie)(@sha256:[0-9a-f]{64})?"
VARIABLES = {"PATH", "LANG", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
VARIABLES |= {"PIP_INDEX_URL", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR", "PIP_ROOT_USER_ACTION"}
VARIABLES |= {variable(field) for field in Settings.model_fields}
FLAGS = {
    "pip": {"--python", "--require-hashes", "--only-binary", "--no-deps", "--no-build-isolation", "--wheel-dir"},
    "python": {"--without-pip"},
    "groupadd": {"--gid"},
    "useradd": {"--uid", "--gid", "--no-create-home", "--home-dir", "--shell"},
}


def wrong(root: Path) -> Iterator[str]:
    """Yield what the Dockerfile below `root` names and nobody knows."""
    text = (root / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    told = [(line[0], line[-1]) for line in lines]
    yield from _copied(root, [rest for word, rest in told if word == "COPY" and not rest.startswith("--")])
    yield from _run([rest for word, rest in told if word == "RUN"], text)
    yield from _started(root, dict(told))
    bases = [rest.split()[0] for word, rest in told if word == "FROM"]
    yield from (f"FROM {base}" for base in bases if not re.fullmatch(BASE, base) or base != bases[0])
    set_ = {name for word, rest in told if word in ("ENV", "ARG") for name in re.findall(r"(\w+)(?:=\S+|$)", rest)}
    yield from (f"ENV {name}" for name in set_ - VARIABLES)


def _copied(root: Path, copies: list[str]) -> Iterator[str]:
    """Judge what is copied from the checkout: it is there, and .dockerignore lets it through."""
    ignored = (root / ".dockerignore").read_text().splitlines()
    let_through = [line[1:] for line in ignored if line.startswith("!")]
    for copy in copies:
        for source in copy.split()[:-1]:
            if not (root / source).exists():
                yield f"COPY {source}: there is no such file"
            elif not any(fnmatch(source, each) or source.startswith(f"{each}/") for each in let_through):
                yield f"COPY {source}: .dockerignore hides it"


def _run(commands: list[str], text: str) -> Iterator[str]:
    """Judge the options of each command, and the lists that pip is given."""
    for command in (each for line in commands for each in line.split("&&")):
        program, *words = command.split()
        if program not in FLAGS:
            yield f"RUN {program}"
        flags = FLAGS.get(program, set())
        yield from (f"{program} {word}" for word in words if word.startswith("--") and word not in flags)
        lists = re.findall(r" -r (\S+)", command)
        yield from (f"-r {name}: not copied" for name in lists if not re.search(rf"^COPY .*/{name} ", text, re.M))


def _started(root: Path, last: dict[str, str]) -> Iterator[str]:
    """Judge what is run in a container, how it is asked after its health and how it is stopped."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    if re.findall(r'"(.*?)"', last["ENTRYPOINT"]) not in [[name] for name in project["scripts"]]:
        yield f"ENTRYPOINT {last['ENTRYPOINT']}"
    asked = re.fullmatch(
        r'(?:--(?:interval|timeout|start-period|retries)=\w+ +)*CMD \["python", "-m", "(.+)"\]', last["HEALTHCHECK"]
    )
    if asked is None or find_spec(asked[1]) is None:
        yield f"HEALTHCHECK {last['HEALTHCHECK']}"
    if last["STOPSIGNAL"] not in signal.Signals.__members__:
        yield f"STOPSIGNAL {last['STOPSIGNAL']}"
