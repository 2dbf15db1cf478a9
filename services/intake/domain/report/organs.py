"""Which organ stands above which, by the codes of GB/T 2260: where a report has to go.

Articles are those of 纪检监察机关处理检举控告工作规则 (13–16).
"""

from typing import Literal

NATIONAL = "000000"
Ground = Literal["upper_level_cadre", "head_of_organ"]
Level = Literal["own", "lower"]

# [I] Codes that only gather: the districts of a municipality (1101, 1102) and what a province runs itself (xx90).
_GATHERING = ("01", "02", "90")
_MUNICIPALITIES = ("11", "12", "31", "50")


def organ_above(code: str) -> str | None:
    """Return the code of the organ directly above that of `code`; None above the national one.

    331123 → 331100 → 330000 → 000000. A district of a municipality and a county that its province runs itself stand
    directly below their province.
    """
    if code == NATIONAL:
        return None
    if code.endswith("0000"):
        return NATIONAL
    province, city = code[:2], code[2:4]
    gathered = city in _GATHERING and (city == "90" or province in _MUNICIPALITIES)
    return f"{province}0000" if code.endswith("00") or gathered else f"{code[:4]}00"


def stands_above(upper: str, lower: str) -> bool:
    """Tell whether the organ of `upper` is above that of `lower`, directly or not."""
    above = organ_above(lower)
    return above is not None and (above == upper or stands_above(upper, above))


def upper_ground(organ: str, managed_by: str, head_of_organ: bool) -> Ground | None:
    """Return why a report may not be kept by `organ` but has to go up, or None (art. 15).

    `managed_by` is the organ that manages the cadre reported 干部管理权限; `head_of_organ` says that the cadre is the
    head of `organ` itself.
    """
    if stands_above(managed_by, organ):
        return "upper_level_cadre"
    return "head_of_organ" if head_of_organ else None
