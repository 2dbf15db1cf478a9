"""What intake does when adjudication has spoken: the submission learns that its case is open, and who is out of it."""

from services.intake.domain.submission.commands import NoteCaseOpened, NoteHandling
from services.intake.domain.submission.decisions import DECIDER
from shared.contracts.adjudication import EVENTS, UPCASTERS, HandlingRecorded, ToleranceInitiated
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.events import Codec, Event
from shared.messaging.consumer import Consumer, Handler
from shared.messaging.message import Message
from shared.rules.pack import Rulebook

NAME = "intake.adjudication"


def consumer(store: EventStore, rules: Rulebook) -> Consumer:
    """Return the consumer of adjudication's log."""

    async def on_tolerance_initiated(event: ToleranceInitiated, message: Message) -> None:
        command = NoteCaseOpened(event.submission_id, event.case_id, at=store.clock())
        cause, watermark = message.cause(NAME), message.watermark
        await transact(
            store, DECIDER, event.submission_id, command, rules=rules, cause=cause, watermark=watermark, wait=True
        )

    async def on_handling_recorded(event: HandlingRecorded, message: Message) -> None:
        command = NoteHandling(event.submission_id, event.office, event.persons, event.recused, at=store.clock())
        cause, watermark = message.cause(NAME), message.watermark
        await transact(
            store, DECIDER, event.submission_id, command, rules=rules, cause=cause, watermark=watermark, wait=True
        )

    handlers: dict[type[Event], Handler] = {
        ToleranceInitiated: on_tolerance_initiated,
        HandlingRecorded: on_handling_recorded,
    }
    return Consumer(NAME, ("adjudication",), Codec(EVENTS, UPCASTERS), handlers)
