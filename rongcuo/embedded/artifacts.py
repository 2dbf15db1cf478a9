"""Apache Kafka's jars: found by their Maven coordinates, and only those used whose digest stands in the lock file.

`python -m rongcuo.embedded.artifacts` writes the lock file anew, after the version below was changed.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

KAFKA_VERSION = "4.3.1"
_ROOTS = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
_PARALLEL = 8

FOLDER = Path(__file__).parents[2] / "deploy" / "kafka"
LOCK = FOLDER / "artifacts.lock"


class ArtifactRefused(RuntimeError):
    """A jar is not the one that the lock file names."""


@dataclass(frozen=True, order=True)
class Artifact:
    """One jar: its coordinates and the SHA-256 of its bytes, in hexadecimal."""

    group: str
    name: str
    version: str
    digest: str


def jars(lock: Path = LOCK) -> list[Path]:
    """Return the jars of the lock file from the local Maven cache; missing ones are fetched. Raises ArtifactRefused."""
    artifacts = [Artifact(*line.replace(" sha256:", ":").split(":")) for line in lock.read_text().splitlines()]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(_verified, artifacts))


def _verified(artifact: Artifact) -> Path:
    path = _fetch(artifact)
    if _digest(path) != artifact.digest:
        path.unlink()  # perhaps a download that was cut short
        path = _fetch(artifact)
    if _digest(path) != artifact.digest:
        path.unlink()
        raise ArtifactRefused(f"{artifact.group}:{artifact.name}:{artifact.version} is not the jar of {LOCK.name}")
    return path


def _fetch(artifact: Artifact) -> Path:
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    repositories = {**settings.repositories, "central": MAVEN_CENTRAL_URL}
    maven = MavenContext(repo_cache=settings.repo_cache, remote_repos=repositories)
    component = maven.project(artifact.group, artifact.name).at_version(artifact.version)
    return Path(component.artifact().resolve())


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _write_lock() -> None:
    import jgo

    resolved = {
        (artifact.groupId, artifact.artifactId, artifact.version, _digest(artifact.resolve()))
        for root in _ROOTS
        for artifact in jgo.resolve(root)
    }
    lines = [f"{group}:{name}:{version} sha256:{digest}\n" for group, name, version, digest in sorted(resolved)]
    LOCK.write_text("".join(lines))


if __name__ == "__main__":
    _write_lock()
