"""What notification does when intake has spoken: the applicant learns of acceptance and of what is missing."""

from services.notification.consumers.issuing import Issuer
from services.notification.domain.notice.decisions import Template
from shared.contracts.intake import EVENTS, UPCASTERS, SubmissionAccepted, SubmissionReturned
from shared.kernel.events import Codec, Event
from shared.messaging.consumer import Consumer, Handler
from shared.messaging.message import Message


def consumer(issuer: Issuer) -> Consumer:
    """Return the consumer of intake's log."""

    async def on_submission_accepted(event: SubmissionAccepted, message: Message) -> None:
        await issuer.issue(event, message, Template.SUBMISSION_ACCEPTED, event.submission_id)

    async def on_submission_returned(event: SubmissionReturned, message: Message) -> None:
        await issuer.issue(event, message, Template.SUPPLEMENT_REQUESTED, event.submission_id)

    handlers: dict[type[Event], Handler] = {
        SubmissionAccepted: on_submission_accepted,
        SubmissionReturned: on_submission_returned,
    }
    return Consumer("notification.intake", ("intake",), Codec(EVENTS, UPCASTERS), handlers)
