"""The tables of this folder as data: who may do what, how a caller may stand to a thing, what a reader is shown."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "matrix"
NEVER = "403"
"""The cell of a role that may not, whatever the object."""
SERVICES = ("intake", "adjudication", "archive", "notification")
NOTHING = "404"
"""The cell of a role that is admitted, but for which there is nothing in any relation."""
NOT_PLAYED = "–"
"""What holds in a relation that a kind of thing cannot have."""
_LABELS = 2
"""Rows above the data: ids, then Chinese names."""


@dataclass(frozen=True)
class Answer:
    """An answer as the tables write it: a status, `listed` or `absent`, and a problem's code."""

    kind: str
    code: str = ""


@dataclass(frozen=True)
class Answers:
    """The usual answer, and those of the relations that differ: `200; concluded=409 investigation-already-open`."""

    usual: Answer
    others: Mapping[str, Answer]

    @classmethod
    def read(cls, text: str) -> "Answers":
        """Read a cell of the columns `allowed` and `refused`."""
        usual, *others = (part.strip() for part in text.split(";"))
        named = dict(other.split("=", 1) for other in others)
        return cls(Answer(*usual.split()), {relation: Answer(*answer.split()) for relation, answer in named.items()})

    def of(self, relation: str) -> Answer:
        """Return the answer in this relation."""
        return self.others.get(relation, self.usual)


@dataclass(frozen=True)
class Row:
    """One operation: `standings` gives for each role how it has to stand to the thing, None where it never may."""

    service: str
    operation: str
    method: str
    path: str
    thing: str
    allowed: Answers
    refused: Answers
    standings: Mapping[str, frozenset[str] | None]


def rows() -> list[Row]:
    """Return every row of the matrix."""
    return [_row(service, line) for service in SERVICES for line in lines(f"{service}.csv", labels=True)]


def relations() -> dict[str, dict[str, frozenset[str]]]:
    """Return for each kind of thing the relations that are played, and which standings hold in them."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for line in lines("standings.csv"):
        if line["holds"] == NOT_PLAYED:
            continue
        found.setdefault(line["thing"], {})[line["relation"]] = frozenset(line["holds"].split())
    return found


def still_open() -> frozenset[tuple[str, str, str]]:
    """Return the cells (operation, role, relation) that the product does not answer yet as the matrix has them."""
    things, played = {row.operation: row.thing for row in rows()}, relations()
    return frozenset(
        (line["operation"], role, relation)
        for line in lines("open.csv")
        for role in line["role"].split()
        for relation in (played[things[line["operation"]]] if line["relation"] == "*" else line["relation"].split())
    )


def lines(name: str, *, labels: bool = False) -> Sequence[dict[str, str]]:
    """Return the lines of a table by column, without its legend and, with `labels`, without the Chinese heads."""
    text = [line for line in (FOLDER / name).read_text("utf-8").splitlines() if not line.startswith("#")]
    found = list(csv.DictReader(text, strict=True))
    assert all(None not in line and None not in line.values() for line in found), f"{name}: a line is too long or short"
    return found[_LABELS - 1 :] if labels else found


def heads(name: str) -> dict[str, str]:
    """Return the columns of a table with their Chinese heads."""
    text = [line for line in (FOLDER / name).read_text("utf-8").splitlines() if not line.startswith("#")]
    ids, labels = list(csv.reader(text[:_LABELS]))
    return dict(zip(ids, labels, strict=True))


def _row(service: str, line: dict[str, str]) -> Row:
    fields = ("operation", "method", "path", "thing")
    meta = {name: line.pop(name) for name in fields}
    allowed, refused = Answers.read(line.pop("allowed")), Answers.read(line.pop("refused"))
    words = {NEVER: None, NOTHING: frozenset[str]()}
    standings = {role: words[cell] if cell in words else frozenset(cell.split()) for role, cell in line.items()}
    return Row(service, **meta, allowed=allowed, refused=refused, standings=standings)
