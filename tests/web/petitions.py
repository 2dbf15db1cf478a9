"""A small service with one aggregate, written as the real services are; its routes show what the edge can do."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.accesslog.migration import access_log
from shared.accesslog.recorder import Recorder
from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.authz.tokens import TokenVerifier
from shared.eventstore.read_after import ReadAfter
from shared.eventstore.store import EventStore
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.kernel.ids import new_id
from shared.kernel.sealed import Sealed
from shared.web.app import Service
from shared.web.authentication import permitted
from shared.web.commands import Call, commanded
from shared.web.desk import CommandAnswer, CommandDesk, CommandResult
from shared.web.history import Historic, HistoryItem, history
from shared.web.pages import Page, Paged
from shared.web.reads import Detail, Freshness
from shared.web.resources import Resources, provided
from shared.web.routes import router
from shared.web.text import Body, LongText, ShortText

SECRET = b"a secret for tests, 32 bytes long"


class PetitionFiled(Event):
    """A petition was filed."""

    leads_to: ClassVar[str | None] = "filed"
    sets: ClassVar[tuple[str, ...]] = ("jurisdiction", "title")
    matter: UUID
    jurisdiction: str
    title: str
    name: Sealed[str] | None = None


class PetitionAccepted(Event):
    """The petition was accepted."""

    leads_to: ClassVar[str | None] = "accepted"
    reasons: str


class RemarkAdded(Event):
    """Somebody remarked on it."""

    appends_to: ClassVar[str | None] = "remarks"
    text: str


@dataclass(frozen=True)
class Petition:
    """The state of a petition."""

    matter: UUID | None = None
    jurisdiction: str | None = None
    rules_version: str | None = None
    title: str = ""
    state: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePetition:
    """Begin a petition."""

    matter: UUID
    jurisdiction: str
    title: str


@dataclass(frozen=True, slots=True)
class AcceptPetition:
    """Accept it; once."""

    reasons: str


@dataclass(frozen=True, slots=True)
class AddRemark:
    """Remark on it, as often as one likes."""

    text: str


def decide(command: object, state: Petition, *, rules: Any) -> Sequence[Event]:
    """Decide as the real aggregates do; `rules` is a reference that rejections name."""
    match command:
        case FilePetition():
            return [PetitionFiled(matter=command.matter, jurisdiction=command.jurisdiction, title=command.title)]
        case AddRemark():
            return [RemarkAdded(text=command.text)]
        case AcceptPetition() if state.state == "accepted":
            raise Rejected("case-already-concluded", "该申请已受理，不能再次受理。", reference=rules)
        case AcceptPetition():
            return [PetitionAccepted(reasons=command.reasons)]
    raise TypeError(type(command))


def evolve(state: Petition, event: Event) -> Petition:
    """Apply one event."""
    match event:
        case PetitionFiled():
            return replace(
                state, matter=event.matter, jurisdiction=event.jurisdiction, title=event.title, state="filed"
            )
        case PetitionAccepted():
            return replace(state, state="accepted")
        case RemarkAdded():
            return replace(state, remarks=(*state.remarks, event.text))
    raise TypeError(type(event))


PETITION = Decider("petition", Codec([PetitionFiled, PetitionAccepted, RemarkAdded]), Petition(), decide, evolve)
petitions = router("Petitions")


@dataclass(frozen=True)
class Petitions:
    """The application of this service: what its routes need."""

    desk: CommandDesk[Petition]
    freshness: Freshness
    made: list[str]


class Filing(Body):
    """The body of a new petition."""

    title: ShortText
    statement: LongText | None = None
    jurisdiction: str = Field(default="331123", pattern=r"^[0-9]{6}$")
    act_on: date | None = None


class Reasons(Body):
    """Why it is accepted."""

    reasons: LongText


class PetitionView(BaseModel):
    """What a caller reads."""

    id: UUID
    title: str
    state: str | None
    remarks: tuple[str, ...]
    version: int


Application = Annotated[Petitions, provided(Petitions)]
Office = Annotated[Call, commanded("register_party")]
"""Handling offices, and applicants for what is their own."""
Reader = Annotated[Access, permitted("read_party")]
Anybody = Annotated[Access, permitted("list_event_types")]


def facts(caller: Caller, jurisdiction: str | None) -> Facts:
    """Say how a caller stands to a petition: one that an applicant sees is always his own."""
    applies = "applicant_person" in caller.roles
    return Facts(within=caller.within(jurisdiction or ""), concerned=applies, unassigned=True)


CLASSES = {"remarks": DataClass.CONTENT}
PROTECTION = Protection[Petition](lambda caller, state, _: facts(caller, state.jurisdiction), CLASSES)


@petitions.post("/petitions", status_code=201, response_model=CommandResult, summary="File a petition")
async def file_petition(filing: Filing, call: Office, application: Application) -> CommandAnswer:
    """File a petition."""
    command = FilePetition(new_id(), filing.jurisdiction, filing.title)
    return await application.desk.execute(
        call, new_id(), command, creates=lambda made: facts(call.caller, made.jurisdiction)
    )


@petitions.get("/petitions/{petition_id}", summary="Read a petition")
async def read_petition(petition_id: UUID, access: Reader, read: Detail, application: Application) -> PetitionView:
    """Read a petition, now or as it was."""
    events, _ = await application.desk.recall(access, petition_id, read.moment)
    read.answered(len(events))
    state = PETITION.fold(PETITION.initial, events)
    told = {name: getattr(state, name) for name in ("title", "state", "remarks")}
    return PetitionView(id=petition_id, version=len(events), **told)


@petitions.post("/petitions/{petition_id}/acceptance", response_model=CommandResult, summary="Accept a petition")
async def accept_petition(
    petition_id: UUID,
    reasons: Reasons,
    call: Annotated[Call, commanded("return_submission")],
    application: Application,
) -> CommandAnswer:
    """Accept a petition."""

    async def sealed(_: Petition) -> AcceptPetition:
        application.made.append(reasons.reasons)
        return AcceptPetition(reasons.reasons)

    return await application.desk.execute(call, petition_id, sealed, rules=lambda _: "R11 art 43")


@petitions.post("/petitions/{petition_id}/remarks", response_model=CommandResult, summary="Remark on a petition")
async def add_remark(petition_id: UUID, remark: Reasons, call: Office, application: Application) -> CommandAnswer:
    """Remark on a petition."""
    return await application.desk.execute(call, petition_id, AddRemark(remark.reasons))


@petitions.get("/petitions/{petition_id}/history", summary="History of a petition")
async def petition_history(
    petition_id: UUID, access: Reader, read: Historic, application: Application
) -> Page[HistoryItem]:
    """What happened to a petition."""
    return await history(application.desk, access, petition_id, read)


@petitions.get("/numbers", summary="A list")
async def list_numbers(
    _access: Annotated[Access, permitted("return_submission")],
    read: Paged,
    application: Application,
    parity: str | None = None,
) -> Page[int]:
    """List the numbers below 10."""
    await application.freshness.reach(read.read_after, "numbers")
    first = int(read.after[0]) + 1 if read.after else 0
    return read.page(list(range(first, 10))[: read.limit + 1], lambda number: [number])


@petitions.get("/failure", summary="Fails")
async def fail(_access: Anybody) -> None:
    """Fail with a text that nobody may see."""
    raise RuntimeError("secret: 张某 lives here")


def service(
    store: EventStore, verifier: TokenVerifier, *more: APIRouter, wait_for: Any = None, made: list[str] | None = None
) -> Service:
    """Return the service over an open store."""
    read_after = ReadAfter(SECRET)
    desk = CommandDesk(
        store=store,
        decider=PETITION,
        protection=PROTECTION,
        represent=lambda state: state.state,
        location=lambda petition_id: f"/intake/v1/petitions/{petition_id}",
        read_after=read_after,
        history="read_party_history",
    )

    async def up_to_date(*_: object) -> bool:
        return True

    async def nothing_awaited(_: str) -> int:
        return 0

    fresh = Freshness(read_after, "intake", wait_for or up_to_date, nothing_awaited)
    application = Petitions(desk, fresh, [] if made is None else made)
    return Service(
        name="intake",
        title="受理",
        version="0.1.0",
        routers=[petitions, *more],
        aggregates=[PETITION],
        resources=_opened(Resources(verifier, store.log, application, SECRET, recorder_of(store), {"log": _true})),
    )


def recorder_of(store: EventStore) -> Recorder:
    """Return the writer of access records in the database of `store`."""
    return Recorder(store.appender._dsn, access_log(store.log.name))  # the tests' way to the same database


async def _true() -> bool:
    return True


def _opened(held: Resources) -> Callable[[], AbstractAsyncContextManager[Resources]]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Resources]:
        yield held

    return opened
