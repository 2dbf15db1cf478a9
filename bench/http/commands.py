"""The commands that are measured, as bytes on the wire, and the cases on which they work."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.adjudication.domain.tolerance_case.commands import InitiateCase
from services.adjudication.domain.tolerance_case.decisions import DECIDER
from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.keyring.keyring import Keyring
from shared.rules.pack import Rulebook

JURISDICTION = "331123"
RECORDS_A_CASE = 4
_RULES = "331123/2020-01-01"
_OFFICERS = ["officer-17", "officer-23"]
_DAY = "2022-05-01"
_NOTE = "到项目现场核实：入口处未张贴场所码，工作人员称当日系统升级，已于次日补贴并开展培训。"
_AT_ONCE = 256


@dataclass(frozen=True)
class Command:
    """One kind of command: its name for people, the service that takes it, where, and how many one case takes."""

    name: str
    service: str
    step: str
    sealed: bool


PARTY = Command("register a party (creates; sealed name, a key of its own)", "intake", "parties", True)
INVESTIGATION = Command("open an investigation (three events, no sealed text)", "adjudication", "investigation", False)
RECORD = Command("keep a record (one sealed text)", "adjudication", "investigation-records", True)
COMMANDS = (PARTY, INVESTIGATION, RECORD)


def requests(command: Command, callers: Sequence[str], cases: Sequence[UUID], count: int) -> list[list[bytes]]:
    """Return for each caller (a token) his share of `count` requests, on cases of his own.

    The records of one case follow one another, because each names the version that the one before has made.
    """
    share = count // len(callers)
    return [
        [_request(command, token, n, cases[caller * share : (caller + 1) * share]) for n in range(share)]
        for caller, token in enumerate(callers)
    ]


def bare_requests(command: Command, callers: int, count: int) -> list[list[bytes]]:
    """Return the same bodies for the bare endpoint."""
    share, case = count // callers, new_id()
    path = "/parties" if command is PARTY else f"/tolerance-cases/{case}/{command.step}"
    return [[_post(path, {}, _body(command)) for _ in range(share)] for _ in range(callers)]


def _request(command: Command, token: str, n: int, cases: Sequence[UUID]) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
    if command is PARTY:
        return _post("/intake/v1/parties", headers, _body(command))
    case, version = (cases[n], 1) if command is INVESTIGATION else (cases[n // RECORDS_A_CASE], 4 + n % RECORDS_A_CASE)
    path = f"/adjudication/v1/tolerance-cases/{case}/{command.step}"
    return _post(path, headers | {"If-Match": f'"v{version}"'}, _body(command))


def _body(command: Command) -> dict[str, Any]:
    if command is PARTY:
        return {"party_id": str(new_id()), "kind": "person", "jurisdiction": JURISDICTION, "name": "某甲"}
    if command is INVESTIGATION:
        return {"officers": _OFFICERS, "opened_on": _DAY}
    return {"record_id": str(new_id()), "kind": "site_visit", "on": _DAY, "officers": _OFFICERS, "note": _NOTE}


def _post(path: str, headers: dict[str, str], body: dict[str, Any]) -> bytes:
    content = orjson.dumps(body)
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def initiate(store: EventStore, keyring: Keyring, rules: Rulebook, count: int) -> list[UUID]:
    """Open so many cases, each of a matter and a cadre of its own, as the consumer of intake's events does.

    Each has its data key, as when intake has sealed what was submitted; it was made by another process.
    """
    cases = [new_id() for _ in range(count)]
    for begin in range(0, count, _AT_ONCE):
        await asyncio.gather(*(_initiate(store, keyring, rules, case) for case in cases[begin : begin + _AT_ONCE]))
    return cases


async def _initiate(store: EventStore, keyring: Keyring, rules: Rulebook, case_id: UUID) -> None:
    command = InitiateCase(
        case_id=case_id,
        matter=new_id(),
        submission_id=new_id(),
        jurisdiction=JURISDICTION,
        rules_version=_RULES,
        source="finding",
        concerned=new_id(),
        applicant=None,
        notify=new_id(),
        situations=("SC.4",),
        act_on=date(2022, 4, 18),
        at=store.clock(),
    )
    await keyring.begin(subject=command.concerned, matter=command.matter)
    cause = Cause(system_actor("bench.http"), new_id())
    await transact(store, DECIDER, case_id, command, rules=rules, cause=cause)
