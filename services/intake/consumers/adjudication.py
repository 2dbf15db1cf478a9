"""What intake does when adjudication has spoken: the submission learns that its case is open."""

from services.intake.domain.submission.commands import NoteCaseOpened
from services.intake.domain.submission.decisions import DECIDER
from shared.contracts.adjudication import EVENTS, UPCASTERS, ToleranceInitiated
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.events import Codec
from shared.messaging.consumer import Consumer
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

    return Consumer(NAME, ("adjudication",), Codec(EVENTS, UPCASTERS), {ToleranceInitiated: on_tolerance_initiated})
