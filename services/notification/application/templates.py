"""The words of notices, filled in at the edge: a notice itself holds a template's code only."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text of a notice in one language."""

    title: str
    text: str


def words(template: str, language: Language) -> Words:
    """Return what a template says; raises KeyError for a template that has no words."""
    return _all()[template][language]


def templates() -> tuple[str, ...]:
    """Return the codes of all templates."""
    return tuple(_all())


@cache
def _all() -> dict[str, dict[str, Words]]:
    text = (files(__package__) / "templates.yaml").read_text(encoding="utf-8")
    return {
        code: {language: Words(**entry) for language, entry in languages.items()}
        for code, languages in yaml.safe_load(text).items()
    }
