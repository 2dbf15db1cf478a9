"""What clients were told, kept in a file outside the system: a line for each answered command, on the disk at once."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from rongcuo.demo.client import Json


@dataclass(frozen=True)
class Answered:
    """A command and the first answer to it. `version` and `read_after` as the headers told them."""

    key: str
    path: str
    body: Json
    status: int
    location: str | None
    version: int
    read_after: str
    attempts: int

    @property
    def command(self) -> str:
        """The last word of the path."""
        return self.path.rsplit("/", 1)[1]

    @property
    def aggregate(self) -> str:
        """The id of what was acted on."""
        return self.location.rsplit("/", 1)[1] if self.location else self.path.split("/")[4]


class Journal:
    """Appends lines; whoever asks what was acknowledged reads the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def note(self, kind: str, line: Mapping[str, Any]) -> None:
        """Write one line that outlives this process and its machine."""
        self._file.write(orjson.dumps({"kind": kind, **line}) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def answered(self, call: Answered) -> None:
        """Keep an acknowledged command."""
        self.note("answered", asdict(call))

    def drafted(self, submission: str, body: Json) -> None:
        """Keep an acknowledged draft, which is no command but says what its submission will be about."""
        self.note("drafted", {"submission": submission, "body": body})


def acknowledged(path: Path) -> tuple[list[Answered], dict[str, Json]]:
    """Read a journal: the answered commands in order, and the drafts by submission."""
    calls, drafts = [], {}
    for line in map(orjson.loads, path.read_bytes().splitlines()):
        kind = line.pop("kind")
        if kind == "answered":
            calls.append(Answered(**line))
        else:
            drafts[line["submission"]] = line["body"]
    return calls, drafts
