"""The language of an answer: Chinese unless the caller prefers English."""

from typing import Literal

Language = Literal["zh", "en"]


def preferred(accept_language: str | None) -> Language:
    """Return `en` if English is the first of the two in an Accept-Language header, by its weights; else `zh`."""
    weights = {"zh": 0.0, "en": 0.0}
    for item in (accept_language or "").split(",")[:20]:
        tag, _, weight = item.strip().partition(";q=")
        primary = tag.partition("-")[0].lower()
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(weight))
    return "en" if weights["en"] > weights["zh"] else "zh"


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0) if text else 1.0
    except ValueError:
        return 0.0
