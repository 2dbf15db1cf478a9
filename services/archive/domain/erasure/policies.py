"""When a volume's retention is over. What is not known counts as still running."""

from datetime import date, datetime

from shared.kernel.errors import Rejected
from shared.kernel.instants import legal_day

YEARS = {"long": 60, "short": 15}
"""长期 and 短期; 永久 permanent never ends (纪检监察机关案件档案管理办法; domain.md R8)."""
_REFERENCE = "纪检监察机关案件档案管理办法; 个人信息保护法 47"


def retention_over(retention: str | None, completed_on: date | None, at: datetime) -> None:
    """Refuse while the retention of a dossier runs, and when it is not known; raises Rejected."""
    if retention == "permanent":
        raise Rejected("retention-running", "该卷宗永久保管，不能清除。", reference=_REFERENCE)
    if retention not in YEARS or completed_on is None:
        raise Rejected("retention-unknown", "没有成卷的卷宗，保管期限不明，不能清除。", reference=_REFERENCE)
    kept_until = _years_later(completed_on, YEARS[retention])
    if legal_day(at) <= kept_until:
        raise Rejected(
            "retention-running",
            f"保管期限至{kept_until.isoformat()}届满，此前不能清除。",
            reference=_REFERENCE,
            named=kept_until.isoformat(),
        )


def _years_later(day: date, years: int) -> date:
    """Return the same day `years` later; what began on 29 February ends on 28 February of a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
