"""How each operation is asked, so that whoever may gets what he asked for: the thing meant, a valid body, If-Match."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.authz.development import DEVELOPMENT_ISSUER
from shared.kernel.ids import new_id
from tests.access import cases, reports, submissions, volumes
from tests.access.callers import ASKERS, CITY, COUNTY, OFFICE, Who
from tests.access.people import registration
from tests.access.table import Row
from tests.access.world import World

Names = Mapping[str, str]
Body = dict[str, Any] | None
Naming = Callable[[str, str], str]
"""`naming(relation, role)` is the name of the thing that is meant."""
_IN_CITY = frozenset({"upper", "everywhere"})


@dataclass(frozen=True)
class Asked:
    """One request. `thing` is the id of what it is about, "" where it is about nothing that has an id.

    `resource` is the path whose version a command has to match, "" where nothing has to be matched.
    """

    method: str
    path: str
    thing: str
    resource: str
    body: Body
    query: Mapping[str, str]
    is_list: bool


def _place(relation: str) -> str:
    return "city" if relation in _IN_CITY else "county"


def _case(stage: str) -> Naming:
    """Return how a case in this stage is named; some relations are a stage."""

    def naming(relation: str, _role: str) -> str:
        own = {"unassigned": "unassigned"}.get(relation, stage)
        own = "complete" if relation.startswith("concluded") else own
        own = "defended" if relation == "named" and own == "assigned" else own
        return f"case {_place(relation)} {own}"

    return naming


def _submission(stage: str) -> Naming:
    def naming(relation: str, _role: str) -> str:
        if relation == "recused":
            return "submission county complete accepted"
        if relation == "author":
            return f"submission finding {stage}"
        return f"submission {_place(relation)} {'unassigned' if relation == 'unassigned' else stage}"

    return naming


def _draft(_relation: str, role: str) -> str:
    return f"draft {role if role in submissions.WRITERS else submissions.WRITERS[0]}"


def _party(relation: str, _role: str) -> str:
    return "citizen" if relation in _IN_CITY else "cadre"


def _dossier(relation: str, _role: str) -> str:
    return f"case {_place(relation)} complete"


def _notice(relation: str, _role: str) -> str:
    return f"notice {_place(relation)}"


def _report(relation: str, _role: str) -> str:
    stage = {"unassigned": "unassigned", "sent_up": "sent up"}.get(relation, "assigned")
    return f"report {_place(relation)} {stage}"


def _unmasking(relation: str, role: str) -> str:
    asker = role if role in ASKERS else ASKERS[0]
    stage = {"approved": "approved", "asker_recused": "recused"}.get(relation, "asked")
    return "unmasking city asked" if relation in _IN_CITY else f"unmasking {asker} {stage}"


def _erasure(stage: str) -> Naming:
    return lambda relation, _role: f"erasure {_place(relation)} {stage}"


_THINGS: dict[str, Naming] = {
    "draft": _draft,
    "party": _party,
    "dossier": _dossier,
    "notice": _notice,
    "report": _report,
    "unmasking": _unmasking,
    "erasure": _erasure("requested"),
    "hold": lambda relation, _role: f"hold {_place(relation)}",
    "withdrawal": lambda _relation, _role: "withdrawal",
}
_STAGES: Mapping[str, Naming] = {
    "open_investigation": _case("assigned"),
    "recognise_situation": _case("open_class"),
    "conclude": _case("reported"),
    "give_feedback": _case("concluded"),
    "supplement_submission": _submission("returned"),
    "withdraw_submission": _submission("returned"),
    "complete_volume": lambda relation, _role: f"case {_place(relation)} concluded",
    "execute_erasure": _erasure("approved"),
}
"""Commands that succeed in one state only."""
IDS = (
    *("case_id", "submission_id", "party_id", "draft_id", "notice_id", "report_id", "unmasking_id", "erasure_id"),
    *("matter", "withdrawal_id"),
)
"""The parameters of paths that name the thing meant."""
_SUPPLEMENT: Body = {"statement": submissions.STATEMENT, "situations": ["SC.3"]}
_BODIES: Mapping[str, Callable[[Names, str], Body]] = {
    "open_investigation": lambda _names, _thing: cases.OPENING,
    "record_investigation": lambda _names, _thing: cases.record(),
    "hear_defence": lambda _names, _thing: cases.DEFENCE | {"statement": "补充申辩。"},
    "file_report": lambda _names, _thing: cases.REPORT,
    "recognise_situation": lambda _names, _thing: cases.RECOGNITION,
    "conclude": lambda _names, _thing: cases.CONCLUSION,
    "give_feedback": lambda _names, _thing: cases.FEEDBACK,
    "assign_office": lambda _names, _thing: {"office": "331123-dic-9"},
    "return_submission": lambda _names, _thing: {"missing": submissions.MISSING},
    "supplement_submission": lambda _names, _thing: _SUPPLEMENT,
    "withdraw_submission": lambda _names, _thing: {"reason": "不再申请。"},
    "submit": lambda _names, thing: {"submission_id": thing},
    "complete_volume": lambda _names, _thing: volumes.VOLUME,
    "assign_report": lambda _names, _thing: {"office": OFFICE},
    "request_unmasking": lambda _names, thing: reports.request_for(thing),
    "approve_unmasking": lambda names, thing: {"digest": names.get(f"digest {thing}", "0" * 64)},
    "request_erasure": lambda names, thing: volumes.erasure_of(thing, names["cadre"]),
    "approve_erasure": lambda names, thing: {"digest": names.get(f"digest {thing}", "0" * 64)},
    "place_legal_hold": lambda _names, thing: volumes.hold_on(thing),
    "withdraw_access": lambda _names, _thing: {
        "issuer": DEVELOPMENT_ISSUER,
        "subject": "officer-9",
        "reason": "left-office",
    },
    **dict.fromkeys(("end_access", "accept_submission", "acknowledge_notice"), lambda _names, _thing: {}),
}


def _query(row: Row) -> Mapping[str, str]:
    """A stream of events never ends; asked for what follows the end of the log, it is refused to who may have it."""
    return {"after": str(2**62)} if row.operation == "stream_events" else {}


class Asking:
    """Makes the requests of the matrix over the things of a world."""

    def __init__(self, world: World, cases_at: str = "defended", submissions_at: str = "submitted") -> None:
        """Ask about the things of `world`; cases and submissions that are only read stand at these stages."""
        self._names, self._clock = world.names, world.clock
        self._things = _THINGS | {"case": _case(cases_at), "submission": _submission(submissions_at)}

    def about(self, row: Row, relation: str, role: str, who: Who, *, exists: bool = True) -> Asked:
        """Return the request of `who` in this relation, or the same request for a thing that does not exist."""
        naming = _STAGES.get(row.operation) or self._things.get(row.thing)
        name = naming(relation, role) if naming else ""
        thing = self._names[name] if name and exists else str(new_id()) if name else ""
        path = row.path
        for parameter, value in self._parameters(thing, name).items():
            path = path.replace(f"{{{parameter}}}", value)
        command = row.method == "POST" and "{" in row.path
        resource = path[: path.index(thing) + len(thing)] if command else ""
        body = self._body(row, thing, relation, role, who)
        is_list = row.allowed.usual.kind == "listed"
        query = {"dry_run": "true"} if row.method == "POST" else {"limit": "200"} if is_list else _query(row)
        return Asked(row.method, path, thing, resource, body, query, is_list)

    def _parameters(self, thing: str, name: str) -> dict[str, str]:
        return {
            **dict.fromkeys(IDS, thing),
            "grant_id": self._names.get(name.replace("case", "grant"), str(new_id())),
            "version": self._names.get(f"defence {thing}", "1"),
            "field": "statement",
            "jurisdiction": COUNTY,
            "in_force_from": "2020-01-01",
        }

    def _body(self, row: Row, thing: str, relation: str, role: str, who: Who) -> Body:
        if row.operation in _BODIES:
            return _BODIES[row.operation](self._names, thing)
        jurisdiction = CITY if relation in _IN_CITY else COUNTY
        match row.operation:
            case "register_party":
                party = self._names["newcomer"] if relation.startswith("self") else str(new_id())
                return registration(party, jurisdiction)
            case "receive_report":
                return reports.receipt(self._names, jurisdiction)
            case "write_draft":
                return submissions.draft_of(role, self._names) | ({"applicant": who.party} if who.party else {})
            case "grant_access":
                return cases.grant_to("expert-01", "expert_group", self._clock() + timedelta(days=7))
            case "record_recusal" | "record_report_recusal" | "record_submission_recusal":
                return {"person": who.subject, "ground": "witness"}
        return None
