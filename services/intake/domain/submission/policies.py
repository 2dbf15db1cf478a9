"""What a submission has to say, by its kind and by the rules of its place."""

from services.intake.domain.submission.commands import SubmitSubmission
from services.intake.domain.submission.events import SubmissionSubmitted
from shared.contracts.intake import SOURCES
from shared.kernel.errors import Rejected
from shared.kernel.sealed import Sealed
from shared.rules.guards import claimable, not_before, not_in_future
from shared.rules.pack import RulePack


def complete_for_its_kind(command: SubmitSubmission) -> None:
    """A finding names the body and the day; an application names the person or unit that applies; never both."""
    applied = (command.applicant_kind, command.applicant)
    found = (command.found_by, command.found_on)
    if command.kind == "application" and (None in applied or found != (None, None)):
        raise Rejected("application-incomplete", "申请应当写明申请人，且不填发现单位和日期。", pointer="/applicant")
    if command.kind == "finding" and (None in found or applied != (None, None)):
        raise Rejected("finding-incomplete", "监督检查发现应当写明发现单位和日期，且没有申请人。", pointer="/found_by")
    if command.found_on is not None:
        not_before(command.found_on, command.act_on, "/found_on")
        not_in_future(command.found_on, command.at, "/found_on")


def situations_named(codes: tuple[str, ...], other: Sealed[str] | None, pack: RulePack) -> None:
    """Refuse codes that the pack does not have, and an open class without a description; raises Rejected."""
    if any(situation.open_class for situation in claimable(pack, codes, "/situations")) and other is None:
        raise Rejected("situation-x-needs-text", "选择“其他情形”的，应当写明具体情形。", pointer="/other_situation")


def as_submitted(command: SubmitSubmission, pack: RulePack) -> SubmissionSubmitted:
    """Return what was filed, under the pack that is pinned to it."""
    return SubmissionSubmitted(
        submission_id=command.submission_id,
        matter=command.matter,
        author=command.author,
        kind=command.kind,
        applicant_kind=command.applicant_kind,
        applicant=command.applicant,
        found_by=command.found_by,
        concerned=command.concerned,
        jurisdiction=command.jurisdiction,
        rules_version=pack.version,
        situations=command.situations,
        act_on=command.act_on,
        found_on=command.found_on,
        statement=command.statement,
        other_situation=command.other_situation,
    )


def source_of(first: SubmissionSubmitted) -> str:
    """Return where the matter comes from, one of `SOURCES`."""
    inspection, of_person, of_unit = SOURCES
    if first.kind == "finding":
        return inspection
    return of_person if first.applicant_kind == "person" else of_unit
