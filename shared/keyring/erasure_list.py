"""The list of erasures: it lies where no backup of the databases brings back an older state, and names nobody.

Every process applies it to the keyring before it serves, so that a keyring restored from a backup that was made before
an erasure opens nothing of what was erased. A list cannot say that its end is missing, or all of it: what archive's log
holds beside it counts as well.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from shared.contracts.archive import SubjectErased
from shared.kernel.canonical import NotCanonical, canonical_bytes, parse_canonical
from shared.kernel.recorded import Recorded
from shared.keyring.key_cache import Place
from shared.keyring.keyring import Keyring


class ErasureListUnreadable(RuntimeError):
    """The list cannot be relied on: nothing may be served. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One entry: which keys are destroyed, and the hash of the event that says so."""

    erasure_id: UUID
    places: tuple[Place, ...]
    event_hash: str

    @classmethod
    def of(cls, stored: Recorded) -> "Erasure":
        """Return the entry of a stored SubjectErased; raises ValueError for any other event."""
        if stored.type != SubjectErased.__name__:
            raise ValueError(f"{stored.type} erases nobody")
        erased = SubjectErased.model_validate_json(stored.payload, extra="ignore")
        return cls(erased.erasure_id, erased.places, stored.hash)


class ErasureList(Protocol):
    """Where erasures are listed."""

    async def append(self, stored: Recorded) -> None:
        """Add a SubjectErased, durable when this returns; one that is listed already may be added again."""
        ...

    async def read(self) -> Sequence[Erasure]:
        """Return all entries; raises ErasureListUnreadable."""
        ...


async def complete(erasures: ErasureList, told: Iterable[Recorded]) -> int:
    """Append every stored SubjectErased that the list lacks; returns how many those were."""
    listed = set(await erasures.read())
    lacking = [stored for stored in told if Erasure.of(stored) not in listed]
    for stored in lacking:
        await erasures.append(stored)
    return len(lacking)


async def replay(erasures: ErasureList, keyring: Keyring, told: Iterable[Recorded] = ()) -> int:
    """Destroy in the keyring whatever the list or a stored SubjectErased names; returns how many erasures these are."""
    entries = {*await erasures.read(), *map(Erasure.of, told)}
    if places := [place for entry in entries for place in entry.places]:
        await keyring.destroy(places)
    return len(entries)


class FileErasureList:
    """The list as a file, one line an entry; `chain` in each is the SHA-256 over its content and the chain before it.

    A last line without its end is an append that a crash cut off: it never counted, and the next append replaces it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def append(self, stored: Recorded) -> None:
        """Add an entry unless it is there; it is on the disk when this returns."""
        await asyncio.to_thread(self._append, Erasure.of(stored))

    async def read(self) -> Sequence[Erasure]:
        """Return all entries, none if there is no file; raises ErasureListUnreadable."""
        return await asyncio.to_thread(self._read)

    def _append(self, entry: Erasure) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            lines = _lines(file.read())
            if entry in self._entries(lines):
                return
            file.seek(sum(map(len, lines)))
            file.truncate()
            file.write(_line(entry, _chain(lines)))
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _read(self) -> list[Erasure]:
        try:
            return self._entries(_lines(self._path.read_bytes()))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ErasureListUnreadable(f"{self._path}: {error.strerror}") from None

    def _entries(self, lines: Sequence[bytes]) -> list[Erasure]:
        entries: list[Erasure] = []
        for number, line in enumerate(lines, start=1):
            try:
                entry = _entry(parse_canonical(line.removesuffix(b"\n")))
            except (NotCanonical, ValueError, TypeError, KeyError):
                raise ErasureListUnreadable(f"{self._path}: line {number} is damaged") from None
            if _line(entry, _chain(lines[number - 2 : number - 1])) != line:
                raise ErasureListUnreadable(f"{self._path}: line {number} is damaged or out of its place")
            entries.append(entry)
        return entries


def _lines(content: bytes) -> list[bytes]:
    """Return the lines that have an end."""
    return [line + b"\n" for line in content.split(b"\n")[:-1]]


def _chain(lines: Sequence[bytes]) -> str:
    """Return the chain up to the last of `lines`, which is whole."""
    return str(parse_canonical(lines[-1].removesuffix(b"\n"))["chain"]) if lines else ""


def _line(entry: Erasure, chain: str) -> bytes:
    document = {
        "erasure_id": str(entry.erasure_id),
        "event_hash": entry.event_hash,
        "places": [[str(subject), str(matter)] for subject, matter in entry.places],
    }
    following = sha256(chain.encode() + canonical_bytes(document)).hexdigest()
    return canonical_bytes({**document, "chain": following}) + b"\n"


def _entry(document: Any) -> Erasure:
    places = tuple((UUID(subject), UUID(matter)) for subject, matter in document["places"])
    return Erasure(UUID(document["erasure_id"]), places, str(document["event_hash"]))
