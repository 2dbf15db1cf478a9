"""What stands between a report and an outcome: exclusions, recognition of the open class, and the named policies by
which a pack's conditions lead to an outcome. A pack chooses a policy by name; how it works is code, here.
"""

from collections.abc import Callable
from enum import StrEnum

from services.adjudication.domain.tolerance_case.commands import ConcludeCase
from services.adjudication.domain.tolerance_case.events import ReportFiled
from shared.kernel.errors import Rejected
from shared.rules.pack import Condition, Conditions, RulePack, Unknown


class Outcome(StrEnum):
    """The outcomes whose meaning is known here; which of them a place has, its pack says."""

    EXEMPT = "exempt"
    REDUCED = "reduced"
    REFUSED = "refused"


def open_situations(report: ReportFiled, pack: RulePack) -> set[str]:
    """Return the open classes (8+X 的 X) that the report names: each needs a recognition before the conclusion."""
    return {situation.code for situation in pack.situations if situation.open_class} & set(report.situations)


def excluded_conduct_is_not_tolerated(command: ConcludeCase, report: ReportFiled, pack: RulePack) -> None:
    """三个区分开来: what lies on their other side (谋取私利, 明知故犯, 我行我素) is neither exempted nor reduced."""
    if command.outcome == Outcome.REFUSED or isinstance(pack.excluded, Unknown):
        return
    applying = {*report.exclusions, *(condition.breach for condition in _not_met(report, pack))}
    for entry in pack.excluded:
        if entry.code in applying:
            raise Rejected(
                "excluded-conduct",
                f"调查认定存在“{entry.label}”，不得容错免责或减责。",
                reference=f"三个区分开来 {entry.code}; {pack.cite(entry.reference)}",
                pointer="/outcome",
                named=entry.code,
            )


def conditions_lead_to_outcome(command: ConcludeCase, report: ReportFiled, pack: RulePack) -> None:
    """Apply the policy that the pack names; a pack whose conditions were not published demands nothing."""
    if not isinstance(pack.conditions, Unknown):
        POLICIES[pack.conditions.policy](command, report, pack.conditions, pack.cite(pack.conditions.reference))


def generally_exempt_when_all_met(
    command: ConcludeCase, report: ReportFiled, conditions: Conditions, reference: str
) -> None:
    """遂昌 S0: 出于公心、尽职尽责、未谋私利，且及时纠错纠偏的，一般予以免责.

    一般 is a general rule and not an absolute one: who departs from it, either way, gives the reasons.
    """
    all_met = all(report.conditions.get(condition.code) == "met" for condition in conditions.entries)
    if (command.outcome == Outcome.EXEMPT) != all_met and command.departure_reasons is None:
        raise Rejected(
            "departure-needs-reasons",
            "各项条件均符合的，一般予以免责；与此不一致的认定应当说明理由。",
            reference=reference,
            pointer="/departure_reasons",
        )


POLICIES: dict[str, Callable[[ConcludeCase, ReportFiled, Conditions, str], None]] = {
    "generally_exempt_when_all_met": generally_exempt_when_all_met,
}


def _not_met(report: ReportFiled, pack: RulePack) -> list[Condition]:
    if isinstance(pack.conditions, Unknown):
        return []
    return [entry for entry in pack.conditions.entries if report.conditions.get(entry.code) == "not_met"]
