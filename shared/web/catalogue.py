"""The catalogue of problem codes, read once from problems.yaml; a code outside it cannot be answered."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Entry(BaseModel):
    """What is published about one problem code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int = Field(ge=400, le=599)
    title_zh: str
    title_en: str
    remedy_zh: str
    remedy_en: str
    reference: str | None = None

    def title(self, language: str) -> str:
        """Return the title in `zh` or `en`."""
        return self.title_en if language == "en" else self.title_zh

    def remedy(self, language: str) -> str:
        """Return what the user can do about it, in `zh` or `en`."""
        return self.remedy_en if language == "en" else self.remedy_zh


@cache
def catalogue() -> dict[str, Entry]:
    """Return every problem code with its entry."""
    text = files("shared.web").joinpath("problems.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Entry]).validate_python(yaml.safe_load(text))
