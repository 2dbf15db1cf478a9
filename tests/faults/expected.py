"""What has to stand in the logs, worked out from the clients' file alone, and what stands there, in the same words."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rongcuo.demo.client import Json
from shared.kernel.recorded import Recorded
from tests.faults.journal import Answered

CATEGORIES = {
    "parties": "party",
    "submissions": "submission",
    "tolerance-cases": "tolerance_case",
    "dossiers": "dossier",
    "notices": "notice",
}
FACTS = {
    "parties": ["PartyRegistered"],
    "submissions": ["SubmissionSubmitted"],
    "return": ["SubmissionReturned", "SupplementRequested"],
    "supplement": ["SubmissionResubmitted"],
    "withdrawal": ["SubmissionWithdrawn"],
    "acceptance": ["SubmissionAccepted"],
    "investigation": ["InvestigationOpened", "OfficeAssigned", "HandlingRecorded"],
    "access-grants": ["AccessGranted"],
    "investigation-records": ["InvestigationRecorded"],
    "defence": ["DefenceHeard"],
    "report": ["ReportFiled"],
    "conclusion": ["ToleranceConcluded", "ConclusionIssued", "HandlingRecorded"],
    "feedback": ["FedBack"],
    "receipt": ["NoticeReceived"],
    "volume": ["VolumeCompleted"],
}
"""What each command writes, by the last word of its path."""
TAKES = {"return", "acceptance"}
"""Commands by which an office takes a submission: the first of them writes that, too."""
OPERATORS = {"LogRecovered"}
"""What operators write, who keep no such file."""
Fact = tuple[str, str, str]
"""Log, stream (of a notice: whom it tells what about), type."""


def stream_of(call: Answered) -> str:
    """Return the stream that a command has written to."""
    return f"{CATEGORIES[call.path.split('/')[3]]}-{call.aggregate}"


def facts(calls: Sequence[Answered], drafts: Mapping[str, Json], cases: Mapping[str, str]) -> Counter[Fact]:
    """Return every fact that the answered commands lead to, in all services; `cases` maps a case to its submission."""
    found: Counter[Fact] = Counter()
    taken = {stream_of(call) for call in calls if call.command in TAKES}
    found.update(("intake", stream, "SubmissionTaken") for stream in taken)
    for call in calls:
        log, stream = call.path.split("/")[1], stream_of(call)
        found.update((log, stream, type_) for type_ in FACTS[call.command])
        found.update(_effects(call, drafts, cases))
    return found


def _effects(call: Answered, drafts: Mapping[str, Json], cases: Mapping[str, str]) -> Iterable[Fact]:
    """Yield what other services do about it."""
    match call.command:
        case "return":
            yield from _notices("supplement_requested", call.aggregate, [drafts[call.aggregate].get("applicant")])
        case "acceptance":
            yield "intake", stream_of(call), "SubmissionCaseOpened"
            yield "adjudication", f"of {call.aggregate}", "ToleranceInitiated"
            yield from _notices("submission_accepted", call.aggregate, _parties(drafts[call.aggregate]))
        case "investigation":
            yield "intake", f"submission-{cases[call.aggregate]}", "HandlingNoted"
        case "conclusion":
            yield "archive", f"dossier-{call.aggregate}", "DossierOpened"
            yield "archive", f"dossier-{call.aggregate}", "PaperEntered"
            yield "archive", f"dossier-{call.aggregate}", "DossierEntrusted"
        case "feedback":
            yield "archive", f"dossier-{call.aggregate}", "PaperEntered"
            draft = drafts[cases[call.aggregate]]
            yield from _notices("tolerance_fed_back", call.aggregate, _parties(draft))


def _parties(draft: Json) -> list[str | None]:
    return [draft["concerned"], draft.get("applicant")]


def _notices(template: str, about: str, parties: Iterable[str | None]) -> Iterable[Fact]:
    for party in dict.fromkeys(filter(None, parties)):
        yield "notification", f"{template} about {about} to {party}", "NoticeIssued"


def standing(events: Iterable[Recorded]) -> Counter[Fact]:
    """Return the facts that stand in the logs."""
    return Counter((event.log, _called(event), event.type) for event in events if event.type not in OPERATORS)


def _called(event: Recorded) -> str:
    payload = json.loads(event.payload)
    if event.type == "NoticeIssued":
        return f"{payload['template']} about {payload['about_id']} to {payload['party']}"
    return f"of {payload['submission_id']}" if event.type == "ToleranceInitiated" else event.stream


def cases_of(events: Iterable[Recorded]) -> dict[str, str]:
    """Return the submission of each case."""
    opened = [json.loads(event.payload) for event in events if event.type == "ToleranceInitiated"]
    return {payload["case_id"]: payload["submission_id"] for payload in opened}
