"""What notification does when adjudication has spoken: the party learns that its case has been fed back."""

from services.notification.consumers.issuing import Issuer
from services.notification.domain.notice.decisions import Template
from shared.contracts.adjudication import EVENTS, UPCASTERS, FedBack
from shared.kernel.events import Codec
from shared.messaging.consumer import Consumer
from shared.messaging.message import Message


def consumer(issuer: Issuer) -> Consumer:
    """Return the consumer of adjudication's log."""

    async def on_fed_back(event: FedBack, message: Message) -> None:
        await issuer.issue(event, message, Template.TOLERANCE_FED_BACK, event.case_id)

    return Consumer("notification.adjudication", ("adjudication",), Codec(EVENTS, UPCASTERS), {FedBack: on_fed_back})
