"""What adjudication does when intake has spoken: an accepted submission becomes a case."""

from services.adjudication.domain.tolerance_case.commands import InitiateCase
from services.adjudication.domain.tolerance_case.decisions import DECIDER
from shared.contracts.intake import EVENTS, UPCASTERS, SubmissionAccepted
from shared.eventstore.store import EventStore
from shared.eventstore.transact import transact
from shared.kernel.events import Codec
from shared.messaging.consumer import Consumer
from shared.messaging.message import Message
from shared.rules.pack import Rulebook

NAME = "adjudication.intake"


def consumer(store: EventStore, rules: Rulebook) -> Consumer:
    """Return the consumer of intake's log."""

    async def on_submission_accepted(event: SubmissionAccepted, message: Message) -> None:
        command = InitiateCase(
            case_id=event.case_id,
            matter=event.matter,
            submission_id=event.submission_id,
            jurisdiction=event.jurisdiction,
            rules_version=event.rules_version,
            source=event.source,
            concerned=event.concerned,
            applicant=event.applicant,
            notify=event.notify,
            situations=event.situations,
            act_on=event.act_on,
            recusals=event.recusals,
            at=store.clock(),
        )
        cause, watermark = message.cause(NAME), message.watermark
        await transact(store, DECIDER, event.case_id, command, rules=rules, cause=cause, watermark=watermark, wait=True)

    return Consumer(NAME, ("intake",), Codec(EVENTS, UPCASTERS), {SubmissionAccepted: on_submission_accepted})
