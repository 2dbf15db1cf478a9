"""Clients that never give up: each keeps its key and body until it is answered, and sometimes asks again afterwards."""

import asyncio
import random  # noqa: TID251 - a test's
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from rongcuo.demo.client import Desk, Json, NeverCame, Refused
from rongcuo.demo.story import JURISDICTION, Cast, accept, applicant, register, submit, zhong
from tests.faults.journal import Answered, Journal

WITHIN_S = 5.0
PAUSE_S = 0.25
LOOK_S = 0.5
PATIENCE_S = 240.0
LATER = 40
AGAIN, AGAIN_LATER = 0.1, 0.05
"""How often an answered call is repeated at once, and how often one of the last calls is."""
TRY_AGAIN = {409: "version-contended"}


@dataclass
class Tally:
    """What the clients met. `wrong`: answers that must not be; `different`: repetitions with another answer."""

    answered: int = 0
    retried: int = 0
    repeated: int = 0
    meetings: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """A command as it is sent, every time the same."""

    path: str
    body: Json | None
    headers: Mapping[str, str]


@dataclass
class Street:
    """Where all clients of a run go: the APIs, what is written down, what has been met, and chance."""

    http: httpx.AsyncClient
    addresses: Mapping[str, Sequence[str]]
    journal: Journal
    chance: random.Random
    patience_s: float = PATIENCE_S
    tally: Tally = field(default_factory=Tally)

    async def answer(self, method: str, path: str, body: Json | None, headers: Mapping[str, str]) -> httpx.Response:
        """Send until there is an answer, to any API process of the service; counts the attempts in the answer.

        Raises NeverCame when all that comes within the street's patience is that there is no answer now.
        """
        attempts, begun = 0, time.monotonic()
        while attempts == 0 or time.monotonic() - begun < self.patience_s:
            attempts += 1
            address = self.chance.choice(self.addresses[path.split("/", 2)[1]])
            try:
                answer = await self.http.request(method, address + path, json=body, headers=dict(headers))
            except httpx.HTTPError as error:
                self.tally.meetings[type(error).__name__] += 1
            else:
                if not _no_answer(answer):
                    answer.extensions["attempts"] = attempts
                    return answer
                self.tally.meetings[_name(answer)] += 1
            await asyncio.sleep(PAUSE_S * (0.5 + self.chance.random()))
        raise NeverCame(f"{method} {path}: no answer in {attempts} attempts")


class PatientDesk(Desk):
    """A desk of the demonstration's client, at which nothing is lost."""

    def __init__(self, street: Street, token: str) -> None:
        super().__init__(street.http, {}, token)
        self.street = street
        self._told: deque[tuple[Request, httpx.Response]] = deque(maxlen=LATER)

    async def until(self, path: str, ready: Callable[[Json], bool], *, seconds: float | None = None) -> Json:
        """Look now and then until the bus has brought it; raises NeverCame after the street's patience."""
        for _ in range(int((seconds or self.street.patience_s) / LOOK_S)):
            try:
                if ready(answer := await self.get(path)):
                    return answer
            except Refused as refusal:
                if refusal.problem.get("status") != 404:
                    raise
            await asyncio.sleep(LOOK_S)
        raise NeverCame(path)

    async def _send(self, method: str, path: str, body: Json | None, headers: Mapping[str, str]) -> Json:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        answer = await self.street.answer(method, path, body, headers)
        document: Json = answer.json()
        if answer.is_error:
            raise Refused(f"{method} {path}", document)
        if "ETag" in answer.headers:
            self.etags[path] = answer.headers["ETag"]
        if method == "PUT":
            self.street.journal.drafted(path.rsplit("/", 1)[1], body or {})
        if method == "POST":
            await self._acknowledged(Request(path, body, headers), answer)
        return document

    async def _acknowledged(self, request: Request, answer: httpx.Response) -> None:
        street, attempts = self.street, answer.extensions["attempts"]
        street.journal.answered(
            Answered(
                key=request.headers["Idempotency-Key"],
                path=request.path,
                body=request.body or {},
                status=answer.status_code,
                location=answer.headers.get("Location"),
                version=int(answer.headers["ETag"].strip('"v')),
                read_after=answer.headers["Rongcuo-Read-After"],
                attempts=attempts,
            )
        )
        street.tally.answered += 1
        street.tally.retried += attempts > 1
        if street.chance.random() < AGAIN:
            await self._compare(request, answer)
        if self._told and street.chance.random() < AGAIN_LATER:
            await self._compare(*street.chance.choice(self._told))
        self._told.append((request, answer))

    async def _compare(self, request: Request, first: httpx.Response) -> None:
        again = await self.street.answer("POST", request.path, request.body, request.headers)
        self.street.tally.repeated += 1
        if _told(again) != _told(first) or again.headers.get("Idempotent-Replayed") != "true":
            self.street.tally.different.append(f"{request.path}: {_told(first)}, then {_told(again)}")


def _no_answer(answer: httpx.Response) -> bool:
    """Tell whether the client has to ask again: the service says that it cannot answer now."""
    return answer.status_code >= 500 or TRY_AGAIN.get(answer.status_code, "") == _code(answer) != ""


def _code(answer: httpx.Response) -> str:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json().get("code"))
    return ""


def _name(answer: httpx.Response) -> str:
    return f"{answer.status_code} {_code(answer)}"


def _told(answer: httpx.Response) -> tuple[int, object, object, object]:
    headers = answer.headers
    return answer.status_code, headers.get("Location"), headers.get("ETag"), answer.json()


def cast_of(street: Street, token: Callable[..., str]) -> Cast:
    """Return the people of the demonstration, patient."""

    def desk(*roles: str, **claims: object) -> PatientDesk:
        return PatientDesk(street, token(roles=roles, jurisdictions=(JURISDICTION,), minutes=600, **claims))

    return Cast(
        inspector=desk("inspection_team", subject="inspector-05", organisation="331123-dic-inspection"),
        officer=desk("handling_office", subject="officer-17", organisation="331123-dic"),
        leader=desk("dic_leader", subject="leader-01", organisation="331123-dic"),
        committee=desk("adjudication_committee", subject="member-01", organisation="331123-committee"),
        archivist=desk("archivist", subject="archivist-02", organisation="331123-dic"),
        auditor=desk("external_auditor", subject="auditor-09"),
        desk_for=desk,
    )


async def matter(cast: Cast) -> None:
    """钟某's matter, from the finding to the closed volume."""
    await zhong(cast, lambda _: None)


async def supplemented(cast: Cast) -> None:
    """An application that is returned, supplemented and carried through."""
    await applicant(cast, lambda _: None)


async def on_behalf(cast: Cast) -> None:
    """An application for somebody else, accepted: two people are told by one event."""
    writer, concerned = await register(cast.officer, "某甲"), await register(cast.officer, "某乙")
    person = cast.desk_for("applicant_person", subject=f"person-{writer}", party=writer)
    await accept(cast, await submit(person, _application(writer, concerned)))


async def withdrawn(cast: Cast) -> None:
    """Filed, returned, supplemented, withdrawn: nothing that needs the bus."""
    party = await register(cast.officer, "某丙")
    person = cast.desk_for("applicant_person", subject=f"person-{party}", party=party)
    resource = f"/intake/v1/submissions/{await submit(person, _application(party, party))}"
    await cast.officer.command(resource, "return", {"missing": "请补充会议记录。"})
    await person.command(resource, "supplement", {"statement": "已补充会议记录。", "situations": ["SC.3"]})
    await person.command(resource, "withdrawal", {"reason": "不再申请。"})


Story = Callable[[Cast], Awaitable[None]]
STORIES: Sequence[Story] = (matter, supplemented, on_behalf, withdrawn)


async def client(
    street: Street, cast: Cast, stories: Sequence[Callable[[Cast], Awaitable[None]]], over: asyncio.Event
) -> None:
    """Go through one story at least, and one after the other until `over`; what was begun is finished."""
    while True:
        story = street.chance.choice(stories)
        try:
            await story(cast)
        except Refused as refusal:
            street.tally.wrong.append(str(refusal))
        except NeverCame as missing:
            street.tally.unfinished.append(str(missing))
        if over.is_set():
            return
        await asyncio.sleep(street.chance.random())


def _application(writer: str, concerned: str) -> Json:
    return {
        "kind": "application",
        "jurisdiction": JURISDICTION,
        "applicant_kind": "person",
        "applicant": writer,
        "concerned": concerned,
        "situations": ["SC.3"],
        "act_on": "2023-03-02",
        "statement": "项目推进中未及时办理变更手续，申请容错。",
    }
