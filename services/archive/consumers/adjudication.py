"""What archive does when adjudication has spoken: a conclusion opens the dossier, papers are listed as they come."""

from datetime import date
from uuid import UUID

from services.archive.domain.dossier.commands import EnterPaper, EntrustDossier, OpenDossier
from services.archive.domain.dossier.decisions import DECIDER, Paper
from shared.contracts.adjudication import EVENTS, UPCASTERS, FedBack, HandlingRecorded, ToleranceConcluded
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.events import Codec, Event
from shared.messaging.consumer import Consumer, Handler
from shared.messaging.message import Message
from shared.rules.pack import Rulebook

NAME = "archive.adjudication"


def consumer(store: EventStore, rules: Rulebook) -> Consumer:
    """Return the consumer of adjudication's log."""

    async def on_tolerance_concluded(event: ToleranceConcluded, message: Message) -> None:
        opening = OpenDossier(event.case_id, event.matter, event.jurisdiction, event.rules_version, store.clock())
        await transact(store, DECIDER, event.case_id, opening, rules=rules, cause=message.cause(NAME), wait=True)
        await _enter(event.case_id, Paper.CONCLUSION, event.concluded_on, message)

    async def on_fed_back(event: FedBack, message: Message) -> None:
        await _enter(event.case_id, Paper.FEEDBACK, event.fed_back_on, message)

    async def on_handling_recorded(event: HandlingRecorded, message: Message) -> None:
        told = {name: getattr(event, name) for name in ("concerned", "applicant", "office", "persons", "recused")}
        entrusting = EntrustDossier(event.case_id, **told, at=store.clock())
        cause, watermark = message.cause(NAME), message.watermark
        await transact(
            store, DECIDER, event.case_id, entrusting, rules=rules, cause=cause, watermark=watermark, wait=True
        )

    async def _enter(case_id: UUID, paper: Paper, on: date, message: Message) -> None:
        stored = message.recorded
        entry = EnterPaper(case_id, paper.value, stored.log, stored.event_id, None, on, store.clock())
        cause, watermark = message.cause(NAME), message.watermark
        await transact(store, DECIDER, case_id, entry, rules=rules, cause=cause, watermark=watermark, wait=True)

    handlers: dict[type[Event], Handler] = {
        ToleranceConcluded: on_tolerance_concluded,
        FedBack: on_fed_back,
        HandlingRecorded: on_handling_recorded,
    }
    return Consumer(NAME, ("adjudication",), Codec(EVENTS, UPCASTERS), handlers)
