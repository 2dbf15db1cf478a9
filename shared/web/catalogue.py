"""The catalogue of problem codes, read once from problems.yaml; a code outside it cannot be answered."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_REMEDIES = {
    403: ("请由具备相应职责的人员办理。", "Leave it to somebody who holds the duty."),
    409: ("请先查看办理进度；当前状态不允许此操作。", "Look at the present state first; it does not allow this."),
    422: (
        "请按 detail 和 errors 改正内容后重新提交。",
        "Correct the content as detail and errors say, then submit again.",
    ),
}


class Entry(BaseModel):
    """What is published about one problem code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int = Field(ge=400, le=599)
    title_zh: str
    title_en: str
    remedy_zh: str | None = None
    remedy_en: str | None = None
    reference: str | None = None

    def title(self, language: str) -> str:
        """Return the title in `zh` or `en`."""
        return self.title_en if language == "en" else self.title_zh

    def remedy(self, language: str) -> str:
        """Return what the user can do about it, in `zh` or `en`."""
        remedy_zh, remedy_en = _REMEDIES[self.status] if self.remedy_zh is None else (self.remedy_zh, self.remedy_en)
        return (remedy_en if language == "en" else remedy_zh) or ""

    def english(self, named: str | None = None) -> str:
        """Return what is wrong, for answers of which a longer word stands in Chinese only; `named` is that or how."""
        said = self.title_en if named is None else f"{self.title_en}: {named}"
        return f"{said}. {self.remedy_en}" if self.remedy_en else f"{said}."

    def told(self) -> dict[str, object]:
        """Return the published members."""
        remedies = {"remedy_zh": self.remedy("zh"), "remedy_en": self.remedy("en")}
        return self.model_dump(exclude_none=True) | remedies


@cache
def catalogue() -> dict[str, Entry]:
    """Return every problem code with its entry."""
    text = files("shared.web").joinpath("problems.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Entry]).validate_python(yaml.safe_load(text))
