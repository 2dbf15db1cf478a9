"""A running installation, the tokens of the first page, and a directory with the small clients, for all journeys."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from rongcuo.embedded.artifacts import jars
from shared.kernel.ids import new_id
from tests.journeys.pages import LANGUAGES, class_of, clients, journeys, program, system, tokens
from tests.story.installations import Installation, installed
from tests.story.processes import ROOT, clean_environment
from tests.support.java import compile_java, run_java
from tests.support.servers import Server

ADDRESS = "http://127.0.0.1:8080"
BOUNCY_CASTLE = ROOT / "tests/support/bcprov.lock"
SIGNING = ROOT / "docs/signed-requests/SignedRequest.java"
_SHOW = f'{sys.executable} -c "import json, os; print(json.dumps(dict(os.environ)))"'


@dataclass(frozen=True)
class Reader:
    """Somebody who has copied everything into `place` and follows the pages; each run is another party's."""

    installation: Installation
    place: Path
    environment: Mapping[str, str]
    libraries: Sequence[Path]

    def run(self, page: Path, language: str) -> list[str]:
        """Run one program and return the lines that it printed; fails with its errors unless it went through."""
        party = new_id()
        token = self.installation.issuer.token(
            roles=["applicant_person", "subject"], jurisdictions=["331123"], subject=f"person-{party}", party=party
        )
        environment = {**self.environment, "PARTY": str(party), "PERSON": token}
        done = self._ran(program(page, language), language, environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    def _ran(self, source: str, language: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        if language == "Java":
            classes = self.place / "classes"
            return run_java(classes, class_of(source), environment=environment, libraries=self.libraries)
        command = {"curl": ["bash", "-c", source], "Python": [sys.executable, "-c", source]}[language]
        return subprocess.run(
            command, cwd=self.place, env=environment, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture(scope="package")
async def reader(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reader]:
    place = tmp_path_factory.mktemp("journeys")
    for name, source in clients().items():
        (place / name).write_text(source)
    libraries = jars(BOUNCY_CASTLE)
    _compile(place, libraries)
    where = tmp_path_factory.mktemp("installation")
    async with installed(where, server.dsn, None, **_prepared(place)) as installation:
        yield Reader(installation, place, _tokens(place, installation), libraries)


def _prepared(place: Path) -> dict[str, str]:
    """Do what the last page says before the server is started; return the settings that it is started with."""
    listed, started, _ = system()
    (place / "systems.yaml").write_text(listed)
    *before, start = started.splitlines()
    subprocess.run(["bash", "-eu", "-c", "\n".join(before)], cwd=place, check=True, timeout=30)
    settings = dict(re.findall(r"RONGCUO_(\w+)=(\S+)", start))
    assert start.endswith(" .venv/bin/rongcuo up")
    return settings | {"SYSTEMS_FILE": str(place / settings["SYSTEMS_FILE"])}


def _compile(place: Path, libraries: Sequence[Path]) -> None:
    """Compile all Java programs at once."""
    sources = [place / "Client.java", SIGNING]
    for source in (program(page, "Java") for page in journeys()):
        sources.append(place / f"{class_of(source)}.java")
        sources[-1].write_text(source)
    compile_java(sources, place / "classes", libraries)


def _tokens(place: Path, installation: Installation) -> dict[str, str]:
    """Return the environment after the reader got his tokens; the program is that of this checkout."""
    programs = place / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "rongcuo").write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m rongcuo "$@"\n')
    (programs / "rongcuo").chmod(0o755)
    (place / "docs").symlink_to(ROOT / "docs")
    assert ADDRESS in tokens()
    script = tokens().replace(ADDRESS, installation.base["intake"]) + system()[2] + _SHOW
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=place,
        env=clean_environment(RONGCUO_DATA=str(installation.data)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    environment: dict[str, str] = json.loads(done.stdout)
    return environment


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that asks for a language in each of them."""
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", LANGUAGES)
