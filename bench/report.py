"""Results as JSON, for machines and for the README's test, and as Markdown, for people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.machine import machine

RESULTS = Path(__file__).parent / "results"


@dataclass
class Table:
    """One table of a report: `rows` map column names to values; floats are shown with three significant digits."""

    title: str
    columns: Sequence[str]
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    note: str = ""

    def markdown(self) -> str:
        """Return the table as Markdown."""
        head = f"| {' | '.join(self.columns)} |\n|{'---|' * len(self.columns)}"
        rows = [f"| {' | '.join(shown(row.get(column)) for column in self.columns)} |" for row in self.rows]
        return "\n".join([f"## {self.title}", "", *([self.note, ""] if self.note else []), head, *rows])


@dataclass
class Report:
    """Everything one `make bench-…` found out. `ratios` are what the README may quote; `parameters` how it was run.

    `conditions` are what `bench.conditions` found at the beginning.
    """

    name: str
    title: str
    command: str
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    tables: list[Table] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def write(self, directory: Path = RESULTS) -> None:
        """Write `<name>.json` and `<name>.md`."""
        directory.mkdir(exist_ok=True)
        ran_on = machine()
        document = {
            "title": self.title,
            "command": self.command,
            "machine": ran_on,
            "conditions": dict(self.conditions),
            "versions": dict(self.versions),
            "parameters": dict(self.parameters),
            "ratios": {name: round(value, 3) for name, value in self.ratios.items()},
            "left_out": self.left_out,
            "tables": {table.title: [dict(row) for row in table.rows] for table in self.tables},
        }
        text = json.dumps(document, ensure_ascii=False, indent=2)
        (directory / f"{self.name}.json").write_text(f"{text}\n")
        (directory / f"{self.name}.md").write_text(self.markdown(ran_on))

    def markdown(self, ran_on: Mapping[str, Any]) -> str:
        """Return the report as one page."""
        parts = [
            f"# {self.title}",
            f"`{self.command}` on {', '.join(f'{name}: {value}' for name, value in ran_on.items())}.",
            f"Conditions: {_listed(self.conditions)}.",
            f"Versions: {_listed(self.versions)}. Parameters: {_listed(self.parameters)}.",
            *(f"Left out: {name}: {why}." for name, why in self.left_out.items()),
            "## Ratios\n\n" + "\n".join(f"* {name}: {value:.2f}" for name, value in self.ratios.items()),
            *(table.markdown() for table in self.tables),
        ]
        return "\n\n".join(parts) + "\n"


def shown(value: Any) -> str:
    """Return a cell's text."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
