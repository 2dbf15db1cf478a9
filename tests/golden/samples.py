"""One stored event of every type, told by the deciders themselves. `python -m tests.golden.samples` writes the files.

A file that exists is never written again: once released it is what stands in somebody's log for ever.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.adjudication.domain import AGGREGATES as ADJUDICATION
from services.archive.domain import AGGREGATES as ARCHIVE
from services.intake.domain import AGGREGATES as INTAKE
from services.notification.domain import AGGREGATES as NOTIFICATION
from shared.accesslog import records as access
from shared.kernel.decider import Decider
from shared.kernel.events import Event
from shared.messaging.events import PARKING, RECOVERY, LogRecovered, Operation, ParkedSequenceDiscarded
from tests.support import builders as b
from tests.support import report_builders as r
from tests.support.given import history

FOLDER = Path(__file__).parent
ACCESS = Decider("access", access.CODEC, Operation(), lambda record, *_, **__: [record], lambda state, _: state)
"""Access records are written as they are: nothing decides on them and nothing is folded."""
SERVICES: Mapping[str, Mapping[str, Decider[Any]]] = {
    "intake": INTAKE,
    "adjudication": ADJUDICATION,
    "archive": ARCHIVE,
    "notification": NOTIFICATION,
    "operations": {decider.category: decider for decider in (RECOVERY, PARKING)},
    "access": {"access": ACCESS},
}
STORIES: Mapping[str, list[list[Any]]] = {
    "party": [[b.REGISTER]],
    "submission": [
        [b.APPLICATION, b.RECUSE_EARLY, b.RETURN, b.RESUBMIT, b.ACCEPT, b.NOTE_CASE, b.NOTE_HANDLING],
        [b.APPLICATION, b.WITHDRAW],
    ],
    "report": [[r.REAL_NAME, r.ASSIGN_REPORT, r.RECUSE_FROM_REPORT], [r.SEND_UP]],
    "unmasking": [[r.ASK_IDENTITY, r.APPROVE_IDENTITY, r.APPROVE_IDENTITY_TOO, r.OPEN_IDENTITY]],
    "standing": [[b.WITHDRAW_ACCESS, b.END_WITHDRAWAL]],
    "tolerance_case": [
        [
            b.INITIATE,
            b.OPEN,
            b.GRANT,
            b.END_GRANT,
            b.RECUSE,
            b.TALK,
            b.HEAR,
            b.OPEN_CLASS_REPORT,
            b.RECOGNISE,
            replace(b.CONCLUDE, departure_reasons=b.sealed("departure_reasons")),
            b.FEED_BACK,
        ]
    ],
    "dossier": [[b.OPEN_DOSSIER, b.ENTER_CONCLUSION, b.ENTRUST, b.COMPLETE]],
    "erasure": [[b.REQUEST_ERASURE, b.ENDORSE, b.APPROVE_ERASURE, b.EXECUTE, b.RECORD_DESTRUCTION]],
    "legal_hold": [[b.PLACE_HOLD, b.CONSIDER_ERASURE, b.RELEASE_HOLD, b.CONSIDER_ERASURE]],
    "notice": [[b.ISSUE, b.ACKNOWLEDGE]],
    "operation": [[LogRecovered(from_position=7, to_position=9, restored=3, reason="restored-backup")]],
    "parking": [
        [
            ParkedSequenceDiscarded(
                consumer="archive.adjudication",
                log="adjudication",
                stream=f"tolerance_case-{b.an_id(1)}",
                from_version=2,
                to_version=3,
                reason="entered-by-hand",
            )
        ]
    ],
    "access": [
        [
            access.CaseContentRead(
                action="read_case",
                resource="tolerance-cases",
                ids=(b.CASE,),
                fields=("concluded_on", "id", "outcome", "reasons", "state"),
                opened=("tolerance_case.reasons",),
                classes=("conclusion", "record"),
                first=None,
                last=None,
                version=9,
                at_version=None,
                as_of=b.AT,
                status=200,
            ),
            access.AccessRefused(
                action="read_case",
                resource="tolerance-cases",
                ids=(b.CASE,),
                code="not-found",
                status=404,
                reason="not-permitted",
            ),
            access.ExportBegun(action="list_events", resource="events", ids=(), after=40),
            access.ExportEnded(export=b.an_id(301), lines=60, complete=True),
        ]
    ],
}


def types() -> Iterator[tuple[str, Decider[Any], type[Event]]]:
    """Yield every event type with its service and decider."""
    for service, aggregates in SERVICES.items():
        for decider in aggregates.values():
            for event in decider.codec.types.values():
                yield service, decider, event


def stem(service: str, event: type[Event]) -> str:
    """Return the name of an event's files, without what follows the version."""
    return f"{service}/{event.__name__}.v{event.schema_version}"


def schema(event: type[Event]) -> str:
    """Return the JSON Schema of an event's payload as it is now."""
    return json.dumps(event.model_json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def sample(decider: Decider[Any], event: type[Event]) -> bytes:
    """Return the payload of one event of this type, as stored."""
    told = [fact for story in STORIES[decider.category] for fact in history(decider, *story)]
    return decider.codec.encode(next(fact for fact in told if type(fact) is event))


def main() -> None:
    """Write the files that are missing."""
    for service, decider, event in types():
        (FOLDER / service).mkdir(exist_ok=True)
        stored = FOLDER / f"{stem(service, event)}.json"
        described = FOLDER / f"{stem(service, event)}.schema.json"
        if not stored.exists():
            stored.write_bytes(sample(decider, event) + b"\n")
        if not described.exists():
            described.write_text(schema(event), encoding="utf-8")


if __name__ == "__main__":
    main()
