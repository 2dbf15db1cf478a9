"""The lock of the released documents: which bytes stand for which version of which service since which day.

The last line of a service is that of its document in docs/api; no line ever changes or goes. Whoever writes a document
by hand breaks its digest; whoever writes the lock by hand, too, is found in the history of the repository.
"""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import pairwise

from tests.api.released import FOLDER, ROOT, Unannounced, parsed, release

LOCK = FOLDER / "released.lock"


class NoHistory(Exception):
    """There is no git history to look into: the tree was exported, or the lock is not committed yet."""


@dataclass(frozen=True)
class Locked:
    """One released document."""

    digest: str
    service: str
    version: str
    day: date


@dataclass(frozen=True)
class Tree:
    """The lock and the documents as they stood in a commit; `place` names it for people."""

    place: str
    lock: tuple[Locked, ...]
    documents: dict[str, str]

    def newest(self, service: str) -> Locked:
        """Return the last line of a service."""
        return [entry for entry in self.lock if entry.service == service][-1]


def locked(text: str) -> tuple[Locked, ...]:
    """Read the text of a lock."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Locked(digest, service, version, date.fromisoformat(day)) for digest, service, version, day in lines)


def add(service: str, version: str, document: str, day: date) -> None:
    """Lock a document that is being released."""
    with LOCK.open("a") as file:
        file.write(f"{digest_of(document)}  {service} {version} {day}\n")


def digest_of(document: str) -> str:
    """Return the digest of a document as it is kept."""
    return sha256(document.encode()).hexdigest()


def working_tree() -> Tree:
    """Return what stands in docs/api now."""
    lock = locked(LOCK.read_text())
    documents = {entry.service: (FOLDER / f"{entry.service}.json").read_text() for entry in lock}
    return Tree("the working tree", lock, documents)


def history() -> list[Tree]:
    """Return the trees of all commits that touched docs/api since there is a lock, oldest first; raises NoHistory."""
    folder = FOLDER.relative_to(ROOT).as_posix()
    found = []
    for commit in _git("log", "--first-parent", "--reverse", "--format=%H", "--", folder).split():
        files = set(_git("ls-tree", "--name-only", commit, f"{folder}/").split())
        if f"{folder}/{LOCK.name}" in files:
            lock = locked(_git("show", f"{commit}:{folder}/{LOCK.name}"))
            names = {entry.service: f"{folder}/{entry.service}.json" for entry in lock}
            documents = {service: _git("show", f"{commit}:{name}") for service, name in names.items() if name in files}
            found.append(Tree(commit, lock, documents))
    if not found:
        raise NoHistory("the lock is in no commit")
    return found


def broken(trees: Sequence[Tree], changelog: str) -> Iterator[str]:
    """Yield what was done to released documents past the gate, from each tree to the next."""
    for before, after in pairwise(trees):
        if after.lock[: len(before.lock)] != before.lock:
            yield f"{after.place}: a line of {LOCK.name} was changed"
            continue
        for service, text in before.documents.items():
            now = after.documents.get(service)
            if now == text:
                continue
            if now is None:
                yield f"{after.place}: {service} is gone"
                continue
            entry = after.newest(service)
            try:
                version = release(service, parsed(text), parsed(now), changelog, entry.day)
            except Unannounced as unannounced:
                yield f"{after.place}: {unannounced}"
                continue
            if (version, digest_of(now)) != (entry.version, entry.digest):
                yield f"{after.place}: {service} was changed and is not locked as {version}"


def _git(*words: str) -> str:
    try:
        return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistory(f"git {words[0]} does not answer here") from error
