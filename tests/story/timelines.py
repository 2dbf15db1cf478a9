"""What each matter has to leave behind: the types of its events in each log, stream by stream, and nothing else."""

import json
from collections.abc import Sequence

from shared.kernel.recorded import Recorded

Timeline = dict[str, list[list[str]]]

_CASE_BEGINS = ["ToleranceInitiated", "InvestigationOpened", "OfficeAssigned", "HandlingRecorded"]
_CASE_ENDS = [
    "DefenceHeard",
    "ReportFiled",
    "AccessGranted",
    "ToleranceConcluded",
    "ConclusionIssued",
    "HandlingRecorded",
    "FedBack",
]
_DOSSIER = ["DossierOpened", "PaperEntered", "DossierEntrusted", "PaperEntered", "VolumeCompleted"]
_TAKEN = "SubmissionTaken"
_ACCEPTED = ["SubmissionAccepted", "SubmissionCaseOpened", "HandlingNoted"]

ZHONG: Timeline = {
    "intake": [["SubmissionSubmitted", _TAKEN, *_ACCEPTED]],
    "adjudication": [[*_CASE_BEGINS, *["InvestigationRecorded"] * 3, *_CASE_ENDS]],
    "archive": [_DOSSIER],
    "notification": [["NoticeIssued"], ["NoticeIssued", "NoticeReceived"]],
}
APPLICANT: Timeline = {
    "intake": [
        [
            "SubmissionSubmitted",
            _TAKEN,
            "SubmissionReturned",
            "SupplementRequested",
            "SubmissionResubmitted",
            *_ACCEPTED,
        ],
    ],
    "adjudication": [[*_CASE_BEGINS, *["InvestigationRecorded"] * 2, *_CASE_ENDS]],
    "archive": [_DOSSIER],
    "notification": [["NoticeIssued"], ["NoticeIssued"], ["NoticeIssued", "NoticeReceived"]],
}
EVENTS = sum(len(stream) for told in (ZHONG, APPLICANT) for streams in told.values() for stream in streams)


def timeline(events: Sequence[Recorded], matter: str) -> Timeline:
    """Return what the logs hold of one matter, in the shape of the tables above."""
    found: dict[str, dict[str, list[str]]] = {log: {} for log in ZHONG}
    for event in events:
        if json.loads(event.metadata)["matter"] == matter:
            found[event.log].setdefault(event.stream, []).append(event.type)
    return {log: sorted(streams.values()) for log, streams in found.items()}


def effects(events: Sequence[Recorded]) -> list[tuple[str, str, str]]:
    """Return what consumers did: consumer, event that caused it, type of the effect; none may stand twice."""
    metadata = [(event, json.loads(event.metadata)) for event in events]
    return [(told["actor"]["id"], told["causation"], event.type) for event, told in metadata if told["causation"]]
